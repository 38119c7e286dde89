/** /proc/net: the headings of each table, and below them what the network layer tells. */

import type { ByteString } from '../../../base/bytes.ts';
import { file } from './entry.ts';
import type { ProcEntry } from './entry.ts';

const SOCKET_HEADING = '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const SOCKET6_HEADING =
  '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const DEV_HEADING = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
`;

function table(name: ByteString, heading: ByteString): ProcEntry {
  return file(name, ({ view }) => heading + view.networkTable(name));
}

export const NET_ENTRIES: readonly ProcEntry[] = [
  table('arp', 'IP address       HW type     Flags       HW address            Mask     Device\n'),
  table('dev', DEV_HEADING),
  table('if_inet6', ''),
  table('igmp', 'Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n'),
  table('netlink', 'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n'),
  table('netstat', ''),
  table('packet', 'sk       RefCnt Type Proto  Iface R Rmem   User   Inode\n'),
  table('protocols', ''),
  table('raw', `${SOCKET_HEADING} ref pointer drops\n`),
  table('raw6', `${SOCKET6_HEADING} ref pointer drops\n`),
  table('route', 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT'.padEnd(127) + '\n'),
  table('snmp', ''),
  table('tcp', `${SOCKET_HEADING}`.padEnd(149) + '\n'),
  table('tcp6', `${SOCKET6_HEADING}\n`),
  table('udp', ` ${SOCKET_HEADING} ref pointer drops            \n`),
  table('udp6', `${SOCKET6_HEADING} ref pointer drops\n`),
  table('unix', 'Num       RefCount Protocol Flags    Type St Inode Path\n'),
];
