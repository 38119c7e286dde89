/**
 * The page of kernel code that every program gets: what a signal handler returns to.
 *
 *     li a7, 139     rt_sigreturn
 *     ecall
 */
export const VDSO_CODE = new Uint8Array([0x93, 0x08, 0xb0, 0x08, 0x73, 0x00, 0x00, 0x00]);
