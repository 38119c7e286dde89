import { containersUsage } from './usage-containers.ts';

/** What `stasis help` prints. */
export const usage = `usage: stasis do (--rootfs DIR_OR_ARCHIVE | --image busybox) [option]... -- COMMAND [ARGUMENT]...
       stasis [--root DIR] (run | create | restore) [option]... ID [COMMAND]...
       stasis [--root DIR] (start | exec | attach | ps | list | state | kill | pause | resume | wait | events | delete | survivors | checkpoint) ...
       stasis demo
       stasis image (inspect FILE | diff BEFORE AFTER | flatten IN... OUT | export IN (OUT.tar | --link) | import IN OUT) [option]...
       stasis --version | help

do    runs a command in a fresh container, with this process's standard streams and signals
      exit status: the command's; 128 + n if signal n ended it; 128 if stasis itself could not do it

  --rootfs PATH           a directory, read as it is needed and never written, or an image archive for linux/riscv64
  --image busybox         the built-in image
  --volume HOST:GUEST[:ro]
                          a file or directory of this machine, in the container at GUEST; more than one is possible
  --env NAME=value        a variable of its environment; more than one is possible
  --clear-env             only what --env says
  --cwd DIRECTORY         where it starts
  --user USER[:GROUP]     whom it runs as, by names or numbers
  --hostname NAME         what the container calls itself
  --memory N[K|M|G]       how much memory it can use; 512M
  --tty                   it gets a terminal
  --checkpoint-every N    for testing: checkpoint and restore into a fresh machine after every N traps

${containersUsage}
demo  shows run, exec, checkpoint and restore, and checks every part of it

image  looks into checkpoints and makes files of them; nothing of them is run. A checkpoint is an image file (what it stands on lies
       beside it), an archive with an OCI image layout, a link, or one of a store's: DIRECTORY:NAME
  inspect   tree of processes with descriptors, memory map, sockets, changed files, mounts
    --format table|json     for people (the default), or everything as JSON
    --pid N                 one process only
    --sections LIST         of summary,processes,threads,fds,maps,sockets,files,mounts
  diff      what is different in AFTER: processes, files, pages, kernel state
    --pages, --state        list these one by one
    --hex PID:ADDRESS       the lines of one page that differ
    --format table|json
  flatten   writes an image that stands on no other; further INs are images that the first one stands on
  export    writes an OCI image layout, or prints the fragment of a link; --name NAME calls it so
  import    writes an image file from an archive or a link
    --parent FILE           an image that a checkpoint stands on, where it is not beside it; more than one is possible
    --base PATH             the base image, an archive or directory, where it is not built in
    --force                 a file that is there is replaced
`;
