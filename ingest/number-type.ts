/** How a number lies in a frame: unsigned, signed or floating, and its bits. */
export const unsigned = ['u8', 'u16', 'u24', 'u32'] as const;
export const numberTypes = [...unsigned, 'i8', 'i16', 'i24', 'i32', 'f32'] as const;
export type Unsigned = (typeof unsigned)[number];
export type NumberType = (typeof numberTypes)[number];

/** Bytes that a number takes. */
export function sizeOf(type: NumberType): number {
  return Number(type.slice(1)) / 8;
}

/** The number at a place of a frame, which must reach that far; null when it is no number (NaN, ∞). */
export function readNumber(
  view: DataView,
  at: number,
  type: NumberType,
  isLittle: boolean,
): number | null {
  switch (type) {
    case 'u8':
      return view.getUint8(at);
    case 'i8':
      return view.getInt8(at);
    case 'u16':
      return view.getUint16(at, isLittle);
    case 'i16':
      return view.getInt16(at, isLittle);
    case 'u24':
      return readUint24(view, at, isLittle);
    case 'i24':
      return (readUint24(view, at, isLittle) << 8) >> 8;
    case 'u32':
      return view.getUint32(at, isLittle);
    case 'i32':
      return view.getInt32(at, isLittle);
    case 'f32':
      return shortest(view.getFloat32(at, isLittle));
  }
}

function readUint24(view: DataView, at: number, isLittle: boolean): number {
  return isLittle
    ? view.getUint16(at, true) + view.getUint8(at + 2) * 0x1_0000
    : view.getUint8(at) * 0x1_0000 + view.getUint16(at + 1);
}

/** The shortest number that is the same float of 32 bits: 20.8, where JavaScript sees 20.799999237060547. */
function shortest(value: number): number | null {
  if (!Number.isFinite(value)) return null;
  for (let digits = 6; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}
