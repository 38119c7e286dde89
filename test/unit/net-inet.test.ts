import { describe, expect, it } from 'vitest';
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../src/abi/poll.ts';
import { AF_INET, AF_INET6, SOCK_DGRAM, SOCK_STREAM } from '../../src/abi/socket.ts';
import { createSocket } from '../../src/sentry/net/create.ts';
import { formatEndpoint, ipv4, isLoopback4, parseEndpoint } from '../../src/sentry/net/ip-address.ts';
import { ProcNetTables } from '../../src/sentry/net/proc-tables.ts';
import type { Socket } from '../../src/sentry/net/socket.ts';
import type { NetStack } from '../../src/sentry/net/stack.ts';
import { WOULD_BLOCK } from '../../src/sentry/wait/block.ts';
import { ipv4Address, makeStack, noPaths, outcome, receiveText, sendText } from './net-support.ts';
import { FakeCaller } from './tty-support.ts';

const caller = new FakeCaller();
const HERE = [127, 0, 0, 1] as const;

function tcp(stack: NetStack): Socket {
  return createSocket(stack, AF_INET, SOCK_STREAM, 0, 0, caller);
}

function listening(stack: NetStack, port: number, backlog = 5): Socket {
  const listener = tcp(stack);
  listener.bind(ipv4Address(HERE, port), caller, noPaths);
  listener.listen(backlog, caller);
  return listener;
}

function connect(socket: Socket, port: number, isNonblocking = false): unknown {
  return outcome(() => socket.connect(ipv4Address(HERE, port), isNonblocking, caller, noPaths));
}

describe('tcp', () => {
  it('tells a non-blocking connect of its end by poll and SO_ERROR', () => {
    const stack = makeStack();
    const listener = listening(stack, 80);
    const client = tcp(stack);
    expect(connect(client, 80, true)).toBe('EINPROGRESS');
    expect(client.pollEvents(caller) & (POLLOUT | POLLERR)).toBe(POLLOUT);
    expect(connect(client, 80, true)).toBe(0);
    expect(connect(client, 80, true)).toBe('EISCONN');
    expect(listener.pollEvents(caller) & POLLIN).toBe(POLLIN);

    const refused = tcp(stack);
    expect(connect(refused, 81, true)).toBe('EINPROGRESS');
    expect(refused.pollEvents(caller) & (POLLERR | POLLHUP)).toBe(POLLERR | POLLHUP);
    expect(connect(refused, 81, true)).toBe('ECONNREFUSED');
  });

  it('lets a connect wait for room, and gives it up after two minutes', () => {
    const stack = makeStack();
    const listener = listening(stack, 80, 0);
    connect(tcp(stack), 80);
    const [second, third] = [tcp(stack), tcp(stack)];
    expect(connect(second, 80)).toBe(WOULD_BLOCK);
    expect(connect(third, 80)).toBe(WOULD_BLOCK);
    listener.accept();
    expect(connect(second, 80)).toBe(0);
    expect(connect(third, 80)).toBe(WOULD_BLOCK);
    stack.clock.monotonicNs += 200e9;
    stack.timers.fireDue(stack.clock.monotonicNs);
    expect(connect(third, 80)).toBe('ETIMEDOUT');
  });

  it('keeps the port of the side that closed first for a minute', () => {
    const stack = makeStack();
    const listener = listening(stack, 80);
    const client = tcp(stack);
    connect(client, 80);
    const accepted = listener.accept();
    accepted?.abandon();
    listener.abandon();
    client.abandon();
    const next = tcp(stack);
    expect(outcome(() => next.bind(ipv4Address(HERE, 80), caller, noPaths))).toBe('EADDRINUSE');
    stack.clock.monotonicNs += 61e9;
    stack.timers.fireDue(stack.clock.monotonicNs);
    expect(outcome(() => next.bind(ipv4Address(HERE, 80), caller, noPaths))).toBe(undefined);
  });

  it('frees every port when all sockets are closed', () => {
    const stack = makeStack();
    const listener = listening(stack, 80);
    const clients = [tcp(stack), tcp(stack)];
    for (const client of clients) connect(client, 80);
    for (const socket of [...clients, listener]) socket.abandon();
    stack.clock.monotonicNs += 61e9;
    stack.timers.fireDue(stack.clock.monotonicNs);
    expect(stack.tcpPorts.users.size).toBe(0);
  });

  it('shows listeners and connections in /proc/net/tcp', () => {
    const stack = makeStack();
    listening(stack, 80);
    connect(tcp(stack), 80);
    const lines = new ProcNetTables(stack).networkTable('tcp').split('\n');
    expect(lines[0]).toContain('0100007F:0050 00000000:0000 0A 00000000:00000001');
    expect(lines[1]).toContain('0100007F:0050 0100007F:8000 01');
    expect(lines[2]).toContain('0100007F:8000 0100007F:0050 01');
    expect(lines[0]).toHaveLength(149);
  });
});

describe('udp', () => {
  it('loses datagrams that find the buffer full', () => {
    const stack = makeStack();
    const receiver = createSocket(stack, AF_INET, SOCK_DGRAM, 0, 0, caller);
    receiver.bind(ipv4Address(HERE, 7), caller, noPaths);
    const sender = createSocket(stack, AF_INET, SOCK_DGRAM, 0, 0, caller);
    sender.connect(ipv4Address(HERE, 7), false, caller, noPaths);
    for (let i = 0; i < 1000; i++) sendText(sender, `message ${i}`, caller);
    let received = 0;
    while (receiveText(receiver, caller) !== '(would block)') received++;
    expect(received).toBeGreaterThan(200);
    expect(received).toBeLessThan(1000);
  });

  it('answers ENETUNREACH for every network but loopback', () => {
    const sender = createSocket(makeStack(), AF_INET, SOCK_DGRAM, 0, 0, caller);
    expect(outcome(() => sender.connect(ipv4Address([10, 0, 0, 1], 7), false, caller, noPaths))).toBe('ENETUNREACH');
  });
});

describe('socket addresses', () => {
  it('are read and shown in the form of the family', () => {
    const endpoint = parseEndpoint(ipv4Address(HERE, 8080), AF_INET)!;
    expect(endpoint.port).toBe(8080);
    expect(isLoopback4(endpoint.address)).toBe(true);
    expect(formatEndpoint(endpoint, AF_INET)).toEqual(ipv4Address(HERE, 8080));
    expect(formatEndpoint({ address: ipv4(Uint8Array.of(...HERE)), port: 1 }, AF_INET6).subarray(18, 24)).toEqual(Uint8Array.of(255, 255, ...HERE));
    expect(outcome(() => parseEndpoint(new Uint8Array([2, 0, 0]), AF_INET))).toBe('EINVAL');
    expect(outcome(() => parseEndpoint(new Uint8Array(28).fill(1), AF_INET))).toBe('EAFNOSUPPORT');
  });
});
