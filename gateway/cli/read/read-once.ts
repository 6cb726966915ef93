/** One read of a device, from connecting to closing. */
import type { TagRequest } from '../../../drivers/driver.ts';
import type { Call } from '../verb.ts';
import type { AskedDevice } from '../wire/asked-device.ts';
import { FieldCall, type ReadResult, withProgress } from '../wire/field-call.ts';

/** Reads these tags with as few requests as the driver can. */
export function readOnce(
  call: Call,
  { bus, device: { protocol, options }, driver }: AskedDevice,
  requests: readonly TagRequest<unknown>[],
): Promise<ReadResult> {
  const reading = FieldCall.use(bus, call, (field) => {
    const groups = driver.plan(options, requests, field.access);
    return field.readAll(field.session(protocol, options), groups);
  });
  const words = { en: `asking ${bus.text} …`, zh: `正在询问 ${bus.text} …` };
  return withProgress(call, words, reading);
}
