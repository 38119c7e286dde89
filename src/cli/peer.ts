import type { Socket } from 'node:net';
import { createMessageConnection, ErrorCodes, NullLogger, ResponseError, SocketMessageReader, SocketMessageWriter } from 'vscode-jsonrpc/node.js';
import type { DataCallback, Disposable, Message, MessageConnection } from 'vscode-jsonrpc/node.js';
import { CliError } from './failure.ts';
import type { Notices, Requests } from './protocol.ts';

/** Refusals whose message is one sentence for the user. */
const REFUSED = ErrorCodes.MessageWriteError - 1_000;

/** Counts what it has read: the connection handles messages later, one a turn of the event loop. */
class CountingReader extends SocketMessageReader {
  messages = 0;

  override listen(callback: DataCallback): Disposable {
    return super.listen((message) => {
      this.messages++;
      callback(message);
    });
  }
}

/** Knows when all is written: the connection writes one message a turn of the event loop. */
class CountingWriter extends SocketMessageWriter {
  lastWrite: Promise<void> = Promise.resolve();

  override write(message: Message): Promise<void> {
    const written = super.write(message);
    this.lastWrite = written.catch(() => undefined);
    return written;
  }
}

/** One side of a connection between the owner of a container and a client. */
export class Peer {
  private readonly rpc: MessageConnection;
  private readonly socket: Socket;
  private readonly reader: CountingReader;
  private readonly writer: CountingWriter;
  private readonly onClosed: () => void;
  private readonly answering = new Set<Promise<unknown>>();
  private handledMessages = 0;
  private hasEnded = false;
  private isClosed = false;

  /** @param onClosed  called once, when the other side has gone and all that it said was heard */
  constructor(socket: Socket, onClosed: () => void) {
    this.socket = socket;
    this.onClosed = onClosed;
    this.reader = new CountingReader(socket);
    this.writer = new CountingWriter(socket);
    this.rpc = createMessageConnection(this.reader, this.writer, NullLogger, {
      messageStrategy: {
        handleMessage: (message, next) => {
          next(message);
          this.handledMessages++;
          this.closeIfHeard();
        },
      },
    });
    const ended = (): void => {
      this.hasEnded = true;
      this.closeIfHeard();
    };
    socket.on('close', ended);
    socket.on('error', () => undefined); // `close` follows
    this.rpc.onError(() => socket.destroy());
  }

  private closeIfHeard(): void {
    if (!this.hasEnded || this.isClosed || this.handledMessages < this.reader.messages) return;
    this.isClosed = true;
    this.onClosed();
    this.rpc.dispose();
  }

  listen(): void {
    this.rpc.listen();
  }

  /** @errors CliError what the other side refuses, or that it has gone */
  async ask<K extends keyof Requests>(method: K, params: Requests[K][0]): Promise<Requests[K][1]> {
    try {
      return await this.rpc.sendRequest<Requests[K][1]>(method, params);
    } catch (error) {
      if (error instanceof ResponseError && error.code === REFUSED) throw new CliError(error.message);
      if (error instanceof ResponseError && error.code !== ErrorCodes.PendingResponseRejected) throw error;
      throw new CliError(`the owner of the container has gone before it answered ${method}`);
    }
  }

  /** @param refuse  what the other side is told of an error: one sentence */
  answer<K extends keyof Requests>(method: K, act: (params: Requests[K][0]) => Requests[K][1] | Promise<Requests[K][1]>, refuse: (error: unknown) => string): void {
    this.rpc.onRequest(method, async (params: Requests[K][0]) => {
      const answer = Promise.resolve().then(() => act(params));
      this.answering.add(answer);
      try {
        return await answer;
      } catch (error) {
        return new ResponseError(REFUSED, refuse(error));
      } finally {
        this.answering.delete(answer);
      }
    });
  }

  tell<K extends keyof Notices>(kind: K, notice: Notices[K]): void {
    if (!this.hasEnded) void this.rpc.sendNotification(kind, notice).catch(() => undefined); // whether it arrives is seen by the socket's end
  }

  onTold<K extends keyof Notices>(kind: K, act: (notice: Notices[K]) => void): void {
    this.rpc.onNotification(kind, act);
  }

  /** Ends the connection once everything that was asked is answered, and all that was said has been sent. */
  async end(): Promise<void> {
    await Promise.allSettled(this.answering);
    await new Promise((resolve) => setImmediate(resolve)); // answers are on their way to the writer
    for (let last: Promise<void> | null = null; last !== this.writer.lastWrite; await last) last = this.writer.lastWrite;
    this.socket.end();
  }
}
