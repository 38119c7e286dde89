import { SEGV_MAPERR, SIGSEGV } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';

// struct rseq as the thread registered it, and the struct rseq_cs that its third word may point to:
//
//    0              4        8         16      20        24       28
//    ├──────────────┼────────┼─────────┼───────┼─────────┼────────┤
//    │ cpu_id_start │ cpu_id │ rseq_cs │ flags │ node_id │ mm_cid │
//    └──────────────┴────────┴─────────┴───────┴─────────┴────────┘
//
//    0         4       8          16                   24         32
//    ├─────────┼───────┼──────────┼────────────────────┼──────────┤
//    │ version │ flags │ start_ip │ post_commit_offset │ abort_ip │
//    └─────────┴───────┴──────────┴────────────────────┴──────────┘
const CS_POINTER = 8;
const START_IP = 8;
const POST_COMMIT_OFFSET = 16;
const ABORT_IP = 24;
const SIGNATURE_BYTES = 4;

/**
 * The thread was interrupted: if it was within a restartable sequence, it goes on at that sequence's abort address.
 * Called before a thread that had lost the processor, or was restored, runs again, and before a signal handler is entered.
 *
 * @source rseq(2)
 */
export function abortRestartableSequence(task: Task): void {
  const { mm } = task;
  const { core } = task.kernel;
  try {
    const critical = mm.readU64(task.rseqAddress + CS_POINTER);
    if (critical === 0) return;
    const start = mm.readU64(critical + START_IP);
    const pc = core.pc(task.slot);
    if (pc >= start && pc < start + mm.readU64(critical + POST_COMMIT_OFFSET)) {
      const abort = mm.readU64(critical + ABORT_IP);
      if (mm.readU32(abort - SIGNATURE_BYTES) !== task.rseqSignature) throw new SysError(0, 'rseq: the signature before abort_ip differs');
      core.setPc(task.slot, abort);
    }
    mm.writeU64(task.rseqAddress + CS_POINTER, 0);
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    task.rseqAddress = 0;
    task.sendSignal(signalInfo(SIGSEGV, SEGV_MAPERR, { address: core.pc(task.slot) }));
  }
}
