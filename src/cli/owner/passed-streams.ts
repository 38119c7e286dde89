import type { TerminalServices } from '../../sentry/tty/terminal-services.ts';
import type { PassedFile } from '../../container/container.ts';
import type { PassedStream } from '../protocol.ts';

/** Opens what a client passes as files of a process that exec starts; their ends are bound by the connection. */
export function openPassedStreams(terminals: TerminalServices, passed: readonly PassedStream[]): PassedFile[] {
  return passed.map(({ guestFd, kind, access, size }) => openStream(terminals, guestFd, { container: '', isRestorable: false, end: 'client' }, kind === 'terminal' ? (size ?? DEFAULT_SIZE) : null, access));
}

const DEFAULT_SIZE = { columns: 80, rows: 24 };

/**
 * Opens a terminal, or a stream, whose other end is outside.
 * @param access  O_RDONLY, O_WRONLY or O_RDWR, of a stream
 */
export function openStream(
  terminals: TerminalServices, guestFd: number, owner: { container: string; isRestorable: boolean; end: string }, size: { rows: number; columns: number } | null, access: number,
): PassedFile {
  const request = { hostKey: { container: owner.container, path: `host:${guestFd}` }, isRestorable: owner.isRestorable, end: { label: owner.end } };
  if (size === null) {
    const file = terminals.openHostStream(request, access);
    return { fd: guestFd, file, hostFileId: file.stream.id };
  }
  const terminal = terminals.openHostTerminal(request, size.rows, size.columns);
  return { fd: guestFd, file: terminals.openTerminalFile(terminal), hostFileId: terminal.id };
}
