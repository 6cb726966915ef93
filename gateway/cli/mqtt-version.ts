/** `--mqtt 5` (where nothing is said) and `--mqtt 3.1.1` as the protocol counts them; undefined for anything else. */
export function mqttVersion(written: string | boolean | undefined): 4 | 5 | undefined {
  if (written === undefined || written === '5') return 5;
  return written === '3.1.1' ? 4 : undefined;
}
