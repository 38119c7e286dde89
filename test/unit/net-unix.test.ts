import { describe, expect, it } from 'vitest';
import { AF_UNIX, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM } from '../../src/abi/socket.ts';
import { SIGPIPE } from '../../src/abi/signal.ts';
import { createPair, createSocket } from '../../src/sentry/net/create.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import { receipt } from '../../src/sentry/net/socket.ts';
import { truesizeOf } from '../../src/sentry/net/truesize.ts';
import { WOULD_BLOCK } from '../../src/sentry/wait/block.ts';
import { abstractAddress, makeStack, noPaths, outcome, receiveText, sendText } from './net-support.ts';
import { FakeCaller } from './tty-support.ts';

const caller = new FakeCaller();

describe('unix stream', () => {
  it('keeps one connection more than the backlog, and lets a waiting one in after accept', () => {
    const stack = makeStack();
    const listener = createSocket(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    listener.bind(abstractAddress('x'), caller, noPaths);
    listener.listen(0, caller);
    const first = createSocket(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    const second = createSocket(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    expect(first.connect(abstractAddress('x'), false, caller, noPaths)).toBe(0);
    expect(second.connect(abstractAddress('x'), false, caller, noPaths)).toBe(WOULD_BLOCK);
    expect(listener.accept()).not.toBeNull();
    expect(second.connect(abstractAddress('x'), false, caller, noPaths)).toBe(0);
  });

  it('raises SIGPIPE for a writer whose reader is gone', () => {
    const [left, right] = createPair(makeStack(), AF_UNIX, SOCK_STREAM, 0, 0, caller);
    right.abandon();
    const writer = new FakeCaller();
    expect(outcome(() => sendText(left, 'x', writer))).toBe('EPIPE');
    expect(writer.raised).toEqual([SIGPIPE]);
  });

  it('is full by what messages cost, not by their bytes', () => {
    const [left] = createPair(makeStack(), AF_UNIX, SOCK_STREAM, 0, 0, caller);
    let sent = 0;
    while (sendText(left, 'x', caller) === 1) sent++;
    expect(sent).toBe(Math.ceil(left.sendBufferBytes / truesizeOf(1)));
  });
});

describe('unix messages', () => {
  it.each([SOCK_DGRAM, SOCK_SEQPACKET])('come whole from a socket of type %i', (type) => {
    const [left, right] = createPair(makeStack(), AF_UNIX, type, 0, 0, caller);
    sendText(left, 'one', caller);
    sendText(left, 'two', caller);
    expect(receiveText(right, caller, 2)).toBe('on');
    expect(receiveText(right, caller)).toBe('two');
    expect(receiveText(right, caller)).toBe('(would block)');
  });
});

describe('files in flight', () => {
  it('stay open until they are received, and then belong to the receiver', () => {
    const stack = makeStack();
    const [left, right] = createPair(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    const [passed] = createPair(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    passed.hold();
    sendText(left, 'x', caller, [passed]);
    passed.drop();
    expect(passed.references).toBe(1);
    const got = receipt(0);
    right.receive(new KernelBuffer(new Uint8Array(10)), got, caller);
    expect(got.rights).toEqual([passed]);
    expect(stack.inFlight.size).toBe(0);
  });

  it('are closed when read(2) takes their message', () => {
    const stack = makeStack();
    const [left, right] = createPair(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    const [passed, other] = createPair(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    sendText(left, 'x', caller, [passed]);
    right.read(new KernelBuffer(new Uint8Array(10)), caller);
    expect(receiveText(other, caller)).toBe('');
  });

  it('are freed when only their own messages refer to them', () => {
    const stack = makeStack();
    const [left, right] = createPair(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    const [passed, other] = createPair(stack, AF_UNIX, SOCK_STREAM, 0, 0, caller);
    left.hold();
    right.hold();
    sendText(left, 'x', caller, [right, passed]);
    sendText(right, 'x', caller, [left]);
    left.drop();
    expect(receiveText(other, caller)).toBe('(would block)');
    right.drop();
    expect(receiveText(other, caller)).toBe('');
    expect(stack.inFlight.size).toBe(0);
    expect(stack.unixSockets.size).toBe(1);
  });

  it('are freed to any depth', () => {
    const stack = makeStack();
    let [inner] = createPair(stack, AF_UNIX, SOCK_DGRAM, 0, 0, caller);
    for (let depth = 0; depth < 20_000; depth++) {
      const [left, right] = createPair(stack, AF_UNIX, SOCK_DGRAM, 0, 0, caller);
      sendText(left, 'x', caller, [inner]);
      left.abandon();
      inner = right;
    }
    inner.abandon();
    expect(stack.inFlight.size).toBe(0);
  });
});
