export async function runDemo(args: readonly string[]): Promise<number> { void args; return 1; }
