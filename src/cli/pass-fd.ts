import type { OpenFd } from '../host/node/passed-fd.ts';
import { inspectFd } from '../host/node/passed-fd.ts';
import { UsageError } from './failure.ts';

/** `--pass-fd HOST:GUEST`: a descriptor of this process, and the one it becomes in the container. */
export interface PassedFd {
  readonly hostFd: number;
  readonly guestFd: number;
}

/** The guest's table of files has as many places. */
const MOST_FDS = 1024;
const LEAST_GUEST_FD = 3;

/** @errors UsageError */
export function passedFds(texts: readonly string[]): PassedFd[] {
  const passed = texts.map((text) => {
    const parts = /^(\d{1,6}):(\d{1,4})$/.exec(text);
    if (parts === null) throw new UsageError(`--pass-fd ${text}: HOST_FD:GUEST_FD is needed`);
    const guestFd = Number(parts[2]);
    if (guestFd < LEAST_GUEST_FD || guestFd >= MOST_FDS) throw new UsageError(`--pass-fd ${text}: in the container it can be ${LEAST_GUEST_FD} to ${MOST_FDS - 1}`);
    return { hostFd: Number(parts[1]), guestFd };
  });
  const twice = passed.find(({ guestFd }, i) => passed.findIndex((other) => other.guestFd === guestFd) < i);
  if (twice !== undefined) throw new UsageError(`--pass-fd ${twice.hostFd}:${twice.guestFd}: descriptor ${twice.guestFd} of the container is given twice`);
  return passed;
}

/** What is passed, looked at. @errors ImageError a descriptor that is not open or cannot be passed */
export function inspectPassed(passed: readonly PassedFd[]): (PassedFd & { readonly open: OpenFd })[] {
  return passed.map((one) => ({ ...one, open: inspectFd(one.hostFd) }));
}
