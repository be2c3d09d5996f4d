/**
 * How one part of the system does: `waiting` is a neighbour away with nothing lost, `alarm` a bug that a
 * person must look at while the road goes on, `down` stops the road or makes its books worthless.
 */
export interface Health {
  readonly part: string;
  readonly state: 'ok' | 'waiting' | 'alarm' | 'down';
  readonly reason?: string;
}
