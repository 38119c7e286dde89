/** The instructions of F and D as words: rd is f10 or x10, rs1 f11 or x11, rs2 f12, rs3 f13. */

/** What a register holds: a boxed single, a double, a 64-bit integer. */
export type Kind = 's' | 'd' | 'x';

export interface FloatInstruction {
  name: string;
  /** With a rounding field of 0, where it has one. */
  word: number;
  operands: Kind[];
  result: Kind;
  hasRounding: boolean;
}

/** The rounding field: bits 12 to 14. */
export const ROUNDING_SHIFT = 12;
export const DYNAMIC = 7;
/** RNE, RTZ, RDN, RUP, RMM. */
export const ROUNDING_MODES = [0, 1, 2, 3, 4];

const OP_FP = 0x53;
const REGISTERS = (10 << 7) | (11 << 15);
const RS2 = 12 << 20;
const RS3 = 13 << 27;

function operation(name: string, funct7: number, funct3: number | 'rounded', rs2: number, operands: Kind[], result: Kind): FloatInstruction {
  const hasRounding = funct3 === 'rounded';
  const word = OP_FP | REGISTERS | (funct7 << 25) | rs2 | (hasRounding ? 0 : funct3 << ROUNDING_SHIFT);
  return { name, word: word >>> 0, operands, result, hasRounding };
}

function ofFormat(f: 's' | 'd'): FloatInstruction[] {
  const format = f === 's' ? 0 : 1;
  const moved = f === 's' ? 'w' : 'd';
  const fused = (name: string, opcode: number): FloatInstruction => ({
    name: `${name}.${f}`,
    word: (opcode | REGISTERS | RS2 | RS3 | (format << 25)) >>> 0,
    operands: [f, f, f],
    result: f,
    hasRounding: true,
  });
  const two: Kind[] = [f, f];
  return [
    operation(`fadd.${f}`, 0x00 | format, 'rounded', RS2, two, f),
    operation(`fsub.${f}`, 0x04 | format, 'rounded', RS2, two, f),
    operation(`fmul.${f}`, 0x08 | format, 'rounded', RS2, two, f),
    operation(`fdiv.${f}`, 0x0c | format, 'rounded', RS2, two, f),
    operation(`fsqrt.${f}`, 0x2c | format, 'rounded', 0, [f], f),
    fused('fmadd', 0x43),
    fused('fmsub', 0x47),
    fused('fnmsub', 0x4b),
    fused('fnmadd', 0x4f),
    operation(`fsgnj.${f}`, 0x10 | format, 0, RS2, two, f),
    operation(`fsgnjn.${f}`, 0x10 | format, 1, RS2, two, f),
    operation(`fsgnjx.${f}`, 0x10 | format, 2, RS2, two, f),
    operation(`fmin.${f}`, 0x14 | format, 0, RS2, two, f),
    operation(`fmax.${f}`, 0x14 | format, 1, RS2, two, f),
    operation(`fle.${f}`, 0x50 | format, 0, RS2, two, 'x'),
    operation(`flt.${f}`, 0x50 | format, 1, RS2, two, 'x'),
    operation(`feq.${f}`, 0x50 | format, 2, RS2, two, 'x'),
    operation(`fclass.${f}`, 0x70 | format, 1, 0, [f], 'x'),
    operation(`fmv.x.${moved}`, 0x70 | format, 0, 0, [f], 'x'),
    operation(`fmv.${moved}.x`, 0x78 | format, 0, 0, ['x'], f),
    ...['w', 'wu', 'l', 'lu'].flatMap((integer, code) => [
      operation(`fcvt.${integer}.${f}`, 0x60 | format, 'rounded', code << 20, [f], 'x'),
      operation(`fcvt.${f}.${integer}`, 0x68 | format, 'rounded', code << 20, ['x'], f),
    ]),
  ];
}

export const floatInstructions: FloatInstruction[] = [
  ...ofFormat('s'),
  ...ofFormat('d'),
  operation('fcvt.s.d', 0x20, 'rounded', 1 << 20, ['d'], 's'),
  operation('fcvt.d.s', 0x21, 'rounded', 0, ['s'], 'd'),
];

/** Returns the rounding modes that the instruction is run in; one, which means nothing, for those without. */
export function roundingModesOf(instruction: FloatInstruction): number[] {
  return instruction.hasRounding ? ROUNDING_MODES : [0];
}

/** Returns the instruction's word with rounding field `rm`, or as it is if it has no such field. */
export function wordWithRounding(instruction: FloatInstruction, rm: number): number {
  return instruction.hasRounding ? (instruction.word | (rm << ROUNDING_SHIFT)) >>> 0 : instruction.word;
}
