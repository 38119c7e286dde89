import { HostInput } from '../../host/node/host-input.ts';
import { HostOutput } from '../../host/node/host-output.ts';
import type { HostTerminal } from '../../host/node/host-terminal.ts';
import type { Peer } from '../peer.ts';
import type { RootDirectory } from '../root-directory.ts';
import { forwardSignals } from '../signals.ts';
import { ownerDied, tryConnect } from './connect.ts';
import { ClientStreams } from './streams.ts';

/** How a process has ended: its status as a shell tells it, and why, where it did not end by itself. */
interface End {
  readonly status: number;
  readonly sentence: string | null;
}

/** 128 + SIGKILL: nothing of it is left. */
const KILLED_STATUS = 137;

/** This process's connection to the owner of a container, for one process there. */
export class ExecConnection {
  readonly peer: Peer;
  readonly streams: ClientStreams;
  private readonly ended: Promise<End>;
  private hasEnded = false;

  private constructor(peer: Peer, lost: Promise<End>) {
    this.peer = peer;
    this.streams = new ClientStreams(peer);
    const told = new Promise<End>((resolve) => {
      peer.onTold('ended', (end) => {
        this.hasEnded = true;
        resolve(end);
      });
    });
    this.ended = Promise.race([told, lost]);
    peer.onTold('notice', ({ sentence }) => process.stderr.write(`stasis: ${sentence}\n`));
  }

  /** @errors CliError there is no such container, or nobody who owns it */
  static async open(root: RootDirectory, id: string): Promise<ExecConnection> {
    let lose: (end: End) => void = () => undefined;
    const lost = new Promise<End>((resolve) => (lose = resolve));
    const peer = await tryConnect(root, id, () => lose({ status: KILLED_STATUS, sentence: `the owner of container "${id}" has ended, and with it the process here` }));
    if (peer === null) throw ownerDied(root, id, 'execute in');
    const connection = new ExecConnection(peer, lost);
    peer.listen();
    return connection;
  }

  /** Makes this process's standard streams the ends of the process's, or its terminal that of both directions. */
  connectStdio(terminal: HostTerminal | null): void {
    const { move } = this.streams;
    const input = new HostInput(() => process.stdin, move);
    const output = new HostOutput(process.stdout, move);
    this.streams.set(0, { input, output: terminal === null ? null : output });
    if (terminal !== null) return;
    this.streams.set(1, { input: null, output });
    this.streams.set(2, { input: null, output: new HostOutput(process.stderr, move) });
  }

  /** Stays until the process has ended and its output is written. @returns its exit status; 137 where it went with its owner */
  async run(terminal: HostTerminal | null): Promise<number> {
    forwardSignals(
      (signal) => {
        if (this.hasEnded) process.exit(128 + signal); // only output was left, and nobody takes it
        this.peer.tell('signal', { signal });
      },
      terminal === null ? ['SIGTSTP', 'SIGCONT', 'SIGWINCH'] : ['SIGWINCH'],
    );
    terminal?.setRaw();
    terminal?.onResize(() => this.peer.tell('resize', terminal.size()));
    try {
      const { status, sentence } = await this.ended;
      await this.streams.drained();
      terminal?.setCooked();
      if (sentence !== null) process.stderr.write(`stasis: ${sentence}\n`);
      return status;
    } finally {
      terminal?.setCooked();
    }
  }
}
