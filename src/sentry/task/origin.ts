/**
 * How a thread group began: forked by the container's init (or init itself), or created from outside by exec.
 *
 * Set where the control API creates a process, copied by every clone, changed by nothing: execve, setsid, a double fork and
 * re-parenting leave it. What a restore does to a process follows from it.
 */
export type Origin = 'init' | 'exec';
