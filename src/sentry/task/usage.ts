import { int, record, u32 } from '../../state/index.ts';

/** CPU time and faults, of a group or of its waited-for children (getrusage(2)). */
export interface Usage {
  userNs: number;
  systemNs: number;
  minorFaults: number;
  maxRssPages: number;
}

export function noUsage(): Usage {
  return { userNs: 0, systemNs: 0, minorFaults: 0, maxRssPages: 0 };
}

/** Adds `more` to `total`; the largest resident size wins. */
export function addUsage(total: Usage, more: Usage): void {
  total.userNs += more.userNs;
  total.systemNs += more.systemNs;
  total.minorFaults += more.minorFaults;
  total.maxRssPages = Math.max(total.maxRssPages, more.maxRssPages);
}

export const usageKind = record<Usage>({ userNs: int, systemNs: int, minorFaults: u32, maxRssPages: u32 });
