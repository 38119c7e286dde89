/** What `stasis help` prints. */
export const usage = `usage: stasis do (--rootfs DIR_OR_ARCHIVE | --image busybox) [option]... -- COMMAND [ARGUMENT]...
       stasis demo
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

demo  shows run, exec, checkpoint and restore, and checks every part of it
`;
