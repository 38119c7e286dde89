import { stripVTControlCharacters } from 'node:util';

/** Writes what a demonstration does, shows and claims, and keeps count of the claims that were not true. */
export class Story {
  private readonly out: NodeJS.WriteStream;
  private checks = 0;
  private untrue = 0;

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
  }

  chapter(verb: string, sentence: string): void {
    this.line(`\n${this.paint('1', verb)}  ${sentence}`);
  }

  tell(sentence: string): void {
    this.line(`  ${sentence}`);
  }

  /** What the container has printed: escape sequences are left out. */
  show(output: string): void {
    const plain = stripVTControlCharacters(output).replaceAll('\r', '');
    for (const line of plain.trimEnd().split('\n')) this.line(`  ${this.paint('2', '│')} ${line}`);
  }

  check(claim: string, isTrue: boolean): void {
    this.checks++;
    if (!isTrue) this.untrue++;
    this.line(isTrue ? `  ${this.paint('32', '✓')} ${claim}` : `  ${this.paint('31', '✗ not so:')} ${claim}`);
  }

  /** @returns whether every claim was true */
  end(): boolean {
    this.line(this.untrue === 0 ? `\nAll ${this.checks} claims were true.` : `\n${this.untrue} of ${this.checks} claims were not true.`);
    return this.untrue === 0;
  }

  private line(text: string): void {
    this.out.write(`${text}\n`);
  }

  private paint(code: string, text: string): string {
    return this.out.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text;
  }
}
