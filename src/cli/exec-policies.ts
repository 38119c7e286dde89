import type { ExecPolicy } from '../sentry/checkpoint/exec-policy.ts';

/** What can be said for `--exec-policy`; here so that a client need not load the kernel for it. */
export const POLICIES = ['kill', 'gvisor', 'naive', 'keep', 'reattach'] as const satisfies readonly ExecPolicy[];
