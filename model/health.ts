/** How one part of the system does: `waiting` is a neighbour away with nothing lost, `down` stops the road. */
export interface Health {
  readonly part: string;
  readonly state: 'ok' | 'waiting' | 'down';
  readonly reason?: string;
}
