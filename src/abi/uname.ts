/** What uname(2) and /proc say the kernel is. */
export const KERNEL_NAME = 'Linux';
export const KERNEL_RELEASE = '6.12.0';
export const KERNEL_VERSION = '#1 SMP Stasis';
export const MACHINE = 'riscv64';
