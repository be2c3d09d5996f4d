/** What arrived, as it arrived: one record of the packets log. */
export interface Packet {
  /** Its number in the packets log, from 1, without gaps. */
  readonly number: number;
  /** Epoch milliseconds of the server's clock when the broker took it. */
  readonly receivedAt: number;
  /** The login that sent it. */
  readonly principal: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}
