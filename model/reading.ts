/** A canonical value: number in the metric's unit, boolean, or one of an enumeration. */
export type Value = number | boolean | string;

/** What one asset said at one time. */
export interface Reading {
  readonly asset: string;
  readonly device: string;
  readonly kind: string;
  /** Sub-series such as a detector, lane or lamp group. */
  readonly key?: string;
  /** Epoch milliseconds by the device's clock, or the receive time where that is not to be trusted. */
  readonly observedAt: number;
  readonly receivedAt: number;
  /** Number of the packet that it came from. */
  readonly packet: number;
  /**
   * 0 to 999,999: keeps different messages of one millisecond apart in the time series, and is the
   * same when the same message is sent again.
   */
  readonly nano: number;
  readonly values: Readonly<Record<string, Value>>;
  /** `suspect` is stored and not evaluated by rules. */
  readonly quality?: Readonly<Record<string, 'suspect'>>;
}
