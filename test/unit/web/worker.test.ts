import { describe, expect, it } from 'vitest';
import type { MachineDriver, TerminalId } from '../../../src/machine/api.ts';
import { OUTSTANDING_LIMIT_BYTES } from '../../../src/machine/terminal-messages.ts';
import { TerminalPort } from '../../../src/worker/terminal-port.ts';
import { Turns } from '../../../src/worker/turns.ts';
import { waking } from '../../../src/worker/waking.ts';

/** A machine whose terminal 1 has endless output. */
class FloodingDriver implements MachineDriver {
  typed: string[] = [];
  sizes: string[] = [];

  runSlice(): { isRunnable: boolean; idleMs: number | null } {
    return { isRunnable: false, idleMs: null };
  }

  terminalInput(_terminalId: TerminalId, bytes: Uint8Array): void {
    this.typed.push(new TextDecoder().decode(bytes));
  }

  terminalResize(_terminalId: TerminalId, { columns, rows }: { columns: number; rows: number }): void {
    this.sizes.push(`${columns}x${rows}`);
  }

  terminalsWithOutput(): TerminalId[] {
    return [1];
  }

  takeTerminalOutput(_terminalId: TerminalId, maxBytes: number): Uint8Array {
    return new Uint8Array(maxBytes);
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('TerminalPort', () => {
  it('stops draining a terminal at the limit and goes on with its credit', async () => {
    const { port1, port2 } = new MessageChannel();
    const terminals = new TerminalPort(port2, new FloodingDriver(), () => undefined);
    let received = 0;
    port1.onmessage = ({ data }: MessageEvent<{ bytes: Uint8Array }>) => (received += data.bytes.length);
    for (let i = 0; i < 100; i++) terminals.pump();
    await settled();
    expect(received).toBe(OUTSTANDING_LIMIT_BYTES);

    port1.postMessage({ kind: 'credit', terminalId: 1, countBytes: 1000 });
    await settled();
    for (let i = 0; i < 100; i++) terminals.pump();
    await settled();
    expect(received).toBe(OUTSTANDING_LIMIT_BYTES + 1000);
    port1.close();
  });

  it('passes on keys and sizes, and wakes the machine', async () => {
    const { port1, port2 } = new MessageChannel();
    const driver = new FloodingDriver();
    let wakes = 0;
    const terminals = new TerminalPort(port2, driver, () => wakes++);
    expect(terminals).toBeDefined();
    port1.postMessage({ kind: 'input', terminalId: 1, bytes: new TextEncoder().encode('ls\r') });
    port1.postMessage({ kind: 'resize', terminalId: 1, columns: 100, rows: 30 });
    await settled();
    expect(driver.typed).toEqual(['ls\r']);
    expect(driver.sizes).toEqual(['100x30']);
    expect(wakes).toBe(2);
    port1.close();
  });
});

describe('Turns', () => {
  it('lets messages in between steps that could go on at once', async () => {
    const { port1, port2 } = new MessageChannel();
    let steps = 0;
    let stepsAtMessage = 0;
    const turns = new Turns(() => {
      if (steps === 0) port2.postMessage(null);
      return ++steps < 20_000 ? 0 : null; // Node takes up to 1,000 messages of one port in a row; a browser takes turns
    });
    const heard = new Promise<void>((resolve) => {
      port1.onmessage = () => {
        stepsAtMessage = steps;
        resolve();
      };
    });
    turns.wake();
    await heard;
    expect(stepsAtMessage).toBeLessThan(20_000);
    while (steps < 20_000) await settled();
    port1.close();
  });

  it('sleeps until its deadline, or until it is woken', async () => {
    let steps = 0;
    const turns = new Turns(() => {
      steps++;
      return steps === 1 ? 5 : null;
    });
    turns.wake();
    await settled();
    expect(steps).toBe(2);
    turns.wake();
    turns.wake();
    await settled();
    expect(steps).toBe(3);
  });
});

describe('waking', () => {
  it('wakes after each call and again when its promise is settled', async () => {
    let wakes = 0;
    const machine = waking({ plain: () => 1, later: async () => 2, fails: () => Promise.reject(new Error('no')) }, () => wakes++);
    expect(machine.plain()).toBe(1);
    expect(wakes).toBe(1);
    await machine.later();
    await settled();
    expect(wakes).toBe(3);
    await expect(machine.fails()).rejects.toThrow('no');
    await settled();
    expect(wakes).toBe(5);
  });
});
