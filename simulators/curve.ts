/** How something goes over a day: points of hour (0 to 24, rising) and value, straight in between. */
export type Curve = readonly (readonly [hour: number, value: number])[];

/** The value at an hour of the day. The curve must begin at hour 0 and end at hour 24. */
export function valueAt(curve: Curve, hour: number): number {
  const after = curve.findIndex(([pointHour]) => pointHour > hour);
  const [fromHour, from] = curve[after - 1] ?? [0, 0];
  const [toHour, to] = curve[after] ?? [24, from];
  return from + ((to - from) * (hour - fromHour)) / (toHour - fromHour);
}
