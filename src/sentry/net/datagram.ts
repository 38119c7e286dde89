import { byteString, bytes, defineState, record, u32 } from '../../state/index.ts';
import type { Endpoint, IpAddress } from './ip-address.ts';

export const endpointKind = record<Endpoint>({ address: byteString, port: u32 });

/** A datagram or packet received. */
export class Datagram {
  source: Endpoint;
  /** Address it was sent to. */
  destination: IpAddress;
  data: Uint8Array;

  constructor(source: Endpoint, destination: IpAddress, data: Uint8Array) {
    this.source = source;
    this.destination = destination;
    this.data = data;
  }
}

defineState(Datagram, 'Datagram', 1, { source: endpointKind, destination: byteString, data: bytes });
