import { O_RDONLY, O_WRONLY } from '../abi/open.ts';
import type { HostEnd } from '../ports/console.ts';
import type { HostTerminal } from '../sentry/tty/console.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import type { FileDescription } from '../sentry/vfs/file-description.ts';
import type { TerminalSize } from './spec.ts';

/** Whose standard streams these are. */
export interface StdioRequest {
  /** First part of their restore keys: the container's id, or empty for an exec. */
  readonly container: string;
  readonly isRestorable: boolean;
  /** One terminal of this size; null for streams. */
  readonly size: TerminalSize | null;
  /** Output and error are one stream. */
  readonly isJoined: boolean;
  /** What stands at the other end of a key now. */
  readonly hostEnd: (key: string) => HostEnd | null;
}

/** Standard input, output and error, with their end outside. */
export interface Stdio {
  readonly files: readonly { fd: number; file: FileDescription }[];
  /** Host files behind them. */
  readonly ids: readonly number[];
  readonly terminal: HostTerminal | null;
}

/** Opens one terminal for all three, or a stream each. */
export function openStdio(terminals: TerminalServices, { container, isRestorable, size, isJoined, hostEnd }: StdioRequest): Stdio {
  const request = (fd: number) => {
    const hostKey = { container, path: `host:${fd}` };
    return { hostKey, isRestorable, end: hostEnd(`${container}:host:${fd}`) ?? { label: 'host' } };
  };
  if (size !== null) {
    const terminal = terminals.openHostTerminal(request(0), size.rows, size.columns);
    const file = terminals.openTerminalFile(terminal);
    return { files: [0, 1, 2].map((fd) => ({ fd, file })), ids: [terminal.id], terminal };
  }
  const streams = (isJoined ? [O_RDONLY, O_WRONLY] : [O_RDONLY, O_WRONLY, O_WRONLY]).map((flags, fd) => terminals.openHostStream(request(fd), flags));
  const files = [0, 1, 2].map((fd) => ({ fd, file: streams[fd] ?? streams[1]! }));
  return { files, ids: streams.map((file) => file.stream.id), terminal: null };
}
