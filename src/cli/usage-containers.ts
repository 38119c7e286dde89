/** The part of `stasis help` about containers that live in processes of their own. */
export const containersUsage = `containers  a process owns each; other processes reach it by a socket in a directory of yours alone: --root DIR before the verb names
            another than $XDG_RUNTIME_DIR/stasis. The verbs, their options and what they say are runsc's; one dash will do as well
  run ID [COMMAND]...     a container with this process's streams, terminal and signals, until its init ends
  create, start           the same in two steps; it stays, stopped, until it is deleted
  restore ID              one from a checkpoint; where ID is there already, and has stopped, in its place
    --bundle DIR            config.json of the OCI runtime specification says all; or else
    --image, --rootfs, --volume, --env, --clear-env, --cwd, --user, --hostname, --memory, --tty, as for do
    --annotation NAME=value
    --detach                in a process of its own, which keeps the streams
    --pass-fd HOST:GUEST    a file, pipe, socket or terminal that this process has open; more than one is possible
    --pid-file FILE         where the pid of the owner goes
  exec ID COMMAND...      a process in a container that runs, with this one's streams or terminal
    --tty, --env, --cwd, --user, --pass-fd, --detach, --pid-file, --internal-pid-file
    --process FILE          the process object of the specification instead of all that
    --restorable            it lives on over a restore under the policies keep and reattach
  attach ID PID           the streams of an exec that a restore has kept
  ps, list, state         --format table|text|json, list --quiet
  kill ID [SIGNAL]        --pid N, --pgid N, --all
  pause, resume
  wait ID                 the exit status, as JSON; --pid N of another process; --checkpoint, --restore: until the next one has ended
  events ID               JSON lines: statistics every --interval SECONDS, checkpoints and restores; --stats once
  delete ID...            --force: whatever runs
  survivors ID            whom a restore of a checkpoint taken now would end, and why; --exec-policy, --keep PID, --format json
  checkpoint ID           what the container is now, into a directory that can hold many; it stops then
    --image-path DIR        the directory
    --name NAME             what the checkpoint is called
    --leave-running         the container goes on
    --parent-path DIR       stand on an image of another directory
    --pre-dump N            N rounds ahead while it runs, so that the last is short
    --full                  stand on no other image
    --verbose               say how large it is, and how long the container stood still
  restore ID, also
    --image-path PATH       a directory, an image file, an archive or a link
    --name NAME             which of a directory; the last
    --replace               in the place of ID even where that has not stopped: what runs there ends
    --exec-policy kill|gvisor|naive|keep|reattach
                            what becomes of processes that exec started; kill
    --keep PID              one of them that lives on under keep and reattach
    --force-host-files      under naive: files of theirs with their end outside are dead, and no obstacle
    --clock gvisor|continue the time on disk has passed, or has not
    --restore-spec-validation enforce|warning|ignore
                            what a bundle that differs from the checkpoint's makes of it
`;
