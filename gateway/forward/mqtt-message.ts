/** What goes to a broker, and what it says to that. */
import type { GatewayError } from '../model/errors.ts';
import type { Millis } from '../model/units.ts';

export interface MqttMessage {
  readonly topic: string;
  /** Or the text as UTF-8, or packed. */
  readonly payload: string | Uint8Array;
  readonly retain: boolean;
  /** With MQTT 5. */
  readonly contentType?: string;
  /** With MQTT 5: the broker forgets it after that (§3.3.2.3.3), in whole seconds. */
  readonly expiry?: Millis;
}

/** What an acknowledgement says; an error is a refusal. MQTT 3.1.1 knows only `taken`. */
export type Delivered = 'taken' | 'no-subscriber' | GatewayError;
