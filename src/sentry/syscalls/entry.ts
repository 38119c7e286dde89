import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';

/** One system call: its riscv64 number, its function, and how much of it is there. */
export interface SyscallEntry {
  readonly number: number;
  readonly run: (task: Task, args: SyscallArgs) => SyscallResult;
  readonly support: 'full' | 'partial';
  /** What is missing or different, for the syscall reference. */
  readonly note?: string;
}

/** Calls of one family, by name. */
export type SyscallTable = Readonly<Record<string, SyscallEntry>>;
