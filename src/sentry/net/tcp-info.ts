/** As netstat(8) calls them. */
export type TcpState =
  | 'closed' | 'listen' | 'syn-sent' | 'established' | 'fin-wait-1' | 'fin-wait-2' | 'close-wait' | 'last-ack' | 'closing' | 'time-wait';

const TCP_INFO_BYTES = 232;
/** Segment of the loopback interface: its MTU less the headers, and the timestamp option. */
export const LOOPBACK_SEGMENT_BYTES = 65_483;

/** States by the numbers of /proc/net/tcp. */
const STATES: Readonly<Record<TcpState, number>> = {
  established: 1, 'syn-sent': 2, 'fin-wait-1': 4, 'fin-wait-2': 5, 'time-wait': 6, closed: 7, 'close-wait': 8, 'last-ack': 9, listen: 10, closing: 11,
};

export function tcpStateNumber(state: TcpState): number {
  return STATES[state];
}

/** struct tcp_info: the fields that mean something where segments are not made. */
export function tcpInfo(state: TcpState, unsentBytes: number, receivedBytes: number): Uint8Array {
  const info = new DataView(new ArrayBuffer(TCP_INFO_BYTES));
  info.setUint8(0, STATES[state]);
  info.setUint8(5, 7); // timestamps, SACK, window scale
  info.setUint8(6, 0x77); // window scales 7 and 7
  info.setUint32(8, 200_000, true); // retransmission timeout, µs
  info.setUint32(12, 40_000, true);
  info.setUint32(16, LOOPBACK_SEGMENT_BYTES, true);
  info.setUint32(20, LOOPBACK_SEGMENT_BYTES, true);
  info.setUint32(24, Math.ceil(unsentBytes / LOOPBACK_SEGMENT_BYTES), true);
  info.setUint32(60, 65_535, true); // path MTU
  info.setUint32(64, 65_483, true);
  info.setUint32(76, 0x7fff_ffff, true); // slow start threshold
  info.setUint32(80, 10, true); // congestion window
  info.setUint32(84, LOOPBACK_SEGMENT_BYTES, true);
  info.setUint32(88, 3, true);
  info.setUint32(96, Math.max(65_483, receivedBytes), true);
  return new Uint8Array(info.buffer);
}
