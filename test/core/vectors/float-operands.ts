/**
 * Operands that are likely to find a mistake: edges, and operands chosen for each other so that results cancel,
 * tie, overflow, become subnormal or are just exact. The same seed gives the same operands.
 */
import type { FloatInstruction, Kind } from './float-instructions.ts';

interface Format {
  fractionBits: number;
  bias: number;
}

const FORMATS: Record<'s' | 'd', Format> = {
  s: { fractionBits: 23, bias: 127 },
  d: { fractionBits: 52, bias: 1023 },
};

const ALL_ONES = (1n << 64n) - 1n;
const BOX = 0xffffffff00000000n;

/** SplitMix64. */
export class Random {
  private state: bigint;

  constructor(seed: bigint) {
    this.state = seed;
  }

  bits(count: number): bigint {
    this.state = (this.state + 0x9e3779b97f4a7c15n) & ALL_ONES;
    let z = this.state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & ALL_ONES;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & ALL_ONES;
    return BigInt.asUintN(count, (z ^ (z >> 31n)) >> BigInt(64 - Math.max(count, 1)));
  }

  /** An integer in [0, limit), limit up to 2^32. */
  below(limit: number): number {
    return Number(this.bits(48) % BigInt(limit));
  }

  /** An integer in [from, to]. */
  between(from: number, to: number): number {
    return from + this.below(to - from + 1);
  }

  pick<T>(choices: readonly T[]): T {
    const choice = choices[this.below(choices.length)];
    if (choice === undefined) throw new RangeError('pick: nothing to choose from');
    return choice;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }
}

/** A fraction or an integer of `width` bits with a shape: few bits, long runs, or none. */
function shaped(random: Random, width: number): bigint {
  const ones = (1n << BigInt(width)) - 1n;
  const at = BigInt(random.below(width));
  switch (random.below(8)) {
    case 0:
      return 0n;
    case 1:
      return ones;
    case 2:
      return 1n << at;
    case 3:
      return ones - (1n << at);
    case 4:
      return (ones >> at) << at;
    case 5:
      return ones >> at;
    case 6:
      return (random.bits(width) >> at) << at;
    default:
      return random.bits(width);
  }
}

function compose(format: Format, sign: bigint, field: number, fraction: bigint): bigint {
  const f = BigInt(format.fractionBits);
  const high = 2 * format.bias + 1;
  const clamped = BigInt(Math.max(0, Math.min(high - 1, field)));
  const width = f === 52n ? 63n : 31n;
  return (sign << width) | (clamped << f) | BigInt.asUintN(format.fractionBits, fraction);
}

function fieldOf(format: Format, bits: bigint): number {
  return Number((bits >> BigInt(format.fractionBits)) & BigInt(2 * format.bias + 1));
}

/** The bits of a number of `format`, not boxed. */
function number(random: Random, format: Format): bigint {
  const { bias, fractionBits } = format;
  const sign = random.bits(1);
  const fraction = shaped(random, fractionBits);
  const high = (BigInt(2 * bias + 1) << BigInt(fractionBits)) | (sign << (fractionBits === 52 ? 63n : 31n));
  switch (random.below(16)) {
    case 0:
      return high; // infinity
    case 1:
      return high | (fraction === 0n ? 1n << BigInt(fractionBits - 1) : fraction); // a NaN, quiet or signaling
    case 2:
      return compose(format, sign, 0, 0n);
    case 3:
      return compose(format, sign, 0, fraction);
    case 4:
      return compose(format, sign, random.between(1, 3), fraction);
    case 5:
      return compose(format, sign, 2 * bias - random.below(3), fraction);
    case 6:
      return compose(format, sign, random.between(1, 2 * bias), fraction);
    case 7:
    case 8:
      return compose(format, sign, bias, fraction);
    default:
      return compose(format, sign, random.between(bias - fractionBits - 8, bias + fractionBits + 12), fraction);
  }
}

const view = new DataView(new ArrayBuffer(8));

function toNumber(format: Format, bits: bigint): number {
  if (format.fractionBits === 52) {
    view.setBigUint64(0, bits);
    return view.getFloat64(0);
  }
  view.setUint32(0, Number(bits));
  return view.getFloat32(0);
}

function fromNumber(format: Format, value: number): bigint {
  if (format.fractionBits === 52) {
    view.setFloat64(0, value);
    return view.getBigUint64(0);
  }
  view.setFloat32(0, value);
  return BigInt(view.getUint32(0));
}

/** A few units of the last place more or less. */
function nudged(random: Random, format: Format, bits: bigint): bigint {
  const width = format.fractionBits === 52 ? 64 : 32;
  return BigInt.asUintN(width, bits + BigInt(random.between(-2, 2)));
}

/** Exponent fields where a result of `format` stops being normal or finite. */
function criticalField(random: Random, { bias, fractionBits }: Format): number {
  if (random.chance(3)) return random.between(2 * bias - 1, 2 * bias + 2);
  return random.chance(2) ? random.between(-1, 2) : random.between(-fractionBits - 3, 1);
}

/** An integer's double: at the limits of the integer types, or between two integers. */
function nearInteger(random: Random, format: Format): bigint {
  const { bias, fractionBits } = format;
  const sign = random.bits(1);
  if (random.chance(3)) return nudged(random, format, compose(format, sign, bias + random.pick([31, 32, 63, 64, 30, 62]), 0n));
  const integerBits = random.below(fractionBits);
  const integer = integerBits === 0 ? 0 : Number(random.bits(integerBits));
  const value = integer + random.pick([0, 0.5, 0.25, 0.75, 0.5]);
  return nudged(random, format, fromNumber(format, sign === 1n ? -value : value));
}

/** A double halfway between two singles, or beside such a place, subnormal and overflowing ones too. */
function nearSingleTie(random: Random): bigint {
  const field = random.pick([
    random.between(1023 - 127 - 26, 1023 - 125),
    random.between(1023 + 126, 1023 + 129),
    random.between(1, 2046),
    random.between(1000, 1050),
  ]);
  const kept = Math.max(0, Math.min(23, field - (1023 - 149)));
  const tie = 1n << BigInt(51 - kept);
  const fraction = (shaped(random, 23) << 29n) & ~(tie * 2n - 1n);
  const bits = compose(FORMATS.d, random.bits(1), field, fraction | random.pick([tie, tie, 0n]));
  return random.chance(2) ? bits : nudged(random, FORMATS.d, bits);
}

/** An integer: of any size, a power of two, or halfway between two singles or two doubles. */
function integer(random: Random): bigint {
  const size = random.between(1, 64);
  let value: bigint;
  if (random.chance(3)) {
    const kept = random.pick([24, 53]);
    const lost = random.between(1, 64 - kept);
    value = (((1n << BigInt(kept - 1)) | shaped(random, kept - 1)) << BigInt(lost)) + (1n << BigInt(lost - 1)) + BigInt(random.between(-1, 1));
  } else {
    value = random.chance(2) ? random.bits(size) : (1n << BigInt(size)) + BigInt(random.between(-2, 2));
  }
  return BigInt.asUintN(64, random.chance(2) ? value : -value);
}

/** A fraction that is a little above none or a little below all. */
function nearOne(random: Random, fractionBits: number): bigint {
  return BigInt.asUintN(fractionBits, BigInt(random.between(-3, 3)));
}

/** Two odd integers, scaled, whose product has one bit more than fits. */
function tyingFactors(random: Random, format: Format): bigint[] {
  const { bias, fractionBits } = format;
  const bits = BigInt(random.between(2, fractionBits));
  const width = BigInt(fractionBits);
  const one = 1n << width;
  const a = (random.bits(fractionBits) >> (width - bits + 1n) << (width - bits + 1n)) | (1n << (width - bits + 1n));
  const b = (random.bits(fractionBits) >> bits << bits) | (1n << (bits - 1n)) | (one >> 1n);
  return [
    compose(format, random.bits(1), bias + random.between(-9, 9), a),
    compose(format, random.bits(1), bias + random.between(-9, 9), b),
  ];
}

/** Operands of one operation on numbers of `format`, chosen for each other. */
function related(random: Random, name: string, format: Format): bigint[] {
  const { bias, fractionBits } = format;
  const a = number(random, format);
  const fraction = shaped(random, fractionBits);
  const sign = random.bits(1);
  const field = fieldOf(format, a);
  switch (name) {
    case 'fmul':
      if (random.chance(3)) return tyingFactors(random, format);
      // just below the smallest normal number: rounding may or may not reach it
      if (random.chance(3)) {
        const small = compose(format, 0n, random.below(2), nearOne(random, fractionBits));
        return [compose(format, sign, bias - random.below(2), nearOne(random, fractionBits)), small];
      }
      return [a, compose(format, sign, criticalField(random, format) + bias - field, fraction)];
    case 'fadd':
    case 'fsub':
    case 'fmin':
    case 'fmax':
    case 'feq':
    case 'flt':
    case 'fle': {
      if (random.chance(4)) return [a, nudged(random, format, a)];
      return [a, compose(format, sign, field + random.between(-fractionBits - 4, fractionBits + 4), fraction)];
    }
    case 'fdiv': {
      if (random.chance(3)) {
        const b = compose(format, sign, bias + random.between(-4, 4), (fraction >> 20n) << 20n);
        const quotient = random.between(1, 1 << 18) * 2 ** random.between(-18, 0);
        return [nudged(random, format, fromNumber(format, toNumber(format, b) * quotient)), b];
      }
      return [a, compose(format, sign, field + bias - criticalField(random, format), fraction)];
    }
    case 'fsqrt': {
      const root = random.between(1, 1 << (fractionBits === 52 ? 27 : 12)) * 2 ** random.between(-40, 40);
      return [nudged(random, format, fromNumber(format, root * root))];
    }
    default: {
      if (random.chance(6)) return [...related(random, 'fmul', format), compose(format, sign, 0, 0n)];
      if (random.chance(5)) {
        // (1 + e) (1 ± e), half a unit of c, or almost: what is far below decides the rounding
        const e = 1n << BigInt(random.between(0, fractionBits - 1));
        const minus = random.chance(2);
        const factor = compose(format, random.bits(1), bias, e);
        const other = compose(format, sign, minus ? bias - 1 : bias, minus ? -2n * e : e);
        if (random.chance(2)) return [factor, other, fromNumber(format, -toNumber(format, factor) * toNumber(format, other))];
        return [factor, other, compose(format, random.bits(1), bias + fractionBits + random.between(-1, 3), fraction)];
      }
      // a × b with a small, usual or large product, and c that cancels it, continues it or stays away from it
      const target = random.chance(3) ? criticalField(random, format) : random.between(bias - 30, bias + 30);
      const b = compose(format, sign, target + bias - field, fraction);
      const product = toNumber(format, a) * toNumber(format, b);
      if (random.chance(3)) return [a, b, nudged(random, format, fromNumber(format, random.chance(2) ? product : -product))];
      const distance = random.chance(3) ? random.pick([-1, 1]) * random.between(62, 66) : random.between(-2 * fractionBits - 6, 2 * fractionBits + 6);
      return [a, b, compose(format, random.bits(1), target + distance, shaped(random, fractionBits))];
    }
  }
}

function boxed(random: Random, bits: bigint): bigint {
  if (!random.chance(24)) return BOX | bits;
  return bits | (random.pick([0n, 0xfffffffen, 0x7fffffffn, random.bits(32)]) << 32n);
}

/** Returns the operands, one u64 each, of one execution of `instruction`. */
export function operandsFor(random: Random, instruction: FloatInstruction): bigint[] {
  const [operation = ''] = instruction.name.split('.');
  const kind: Kind = instruction.operands[0] ?? 'x';
  if (kind === 'x') return [random.chance(8) ? random.bits(64) : integer(random)];
  const format = FORMATS[kind];

  let operands = instruction.operands.map(() => number(random, format));
  if (instruction.name === 'fcvt.s.d') {
    if (!random.chance(4)) operands = [nearSingleTie(random)];
  } else if (operation === 'fcvt' && instruction.result === 'x') {
    if (!random.chance(4)) operands = [nearInteger(random, format)];
  } else if (instruction.operands.length > 1 || operation === 'fsqrt') {
    if (random.chance(2)) operands = related(random, operation, format).slice(0, instruction.operands.length);
    while (operands.length < instruction.operands.length) operands.push(number(random, format));
  }
  return kind === 's' ? operands.map((bits) => boxed(random, bits)) : operands;
}
