/** The flags of data (HJ 212-2017), and which one a quality stands for. Pure. */
import type { DataFlag } from '../../../config/site.ts';
import type { Quality } from '../../model/quality.ts';

export type { DataFlag };

/**
 * From what is normal to what is worst: N normal, S set by hand, T over range, M maintenance, C calibration, F stopped,
 * D fault, B nothing heard.
 */
export const DATA_FLAGS: readonly DataFlag[] = ['N', 'S', 'T', 'M', 'C', 'F', 'D', 'B'];

/** The standard knows no qualities: this is our reading of its flags. Only what is good is normal. */
export const FLAG_OF_QUALITY: Readonly<Record<Quality, DataFlag>> = {
  good: 'N',
  'good:local-override': 'S',
  'uncertain:last-usable': 'B',
  'uncertain:range': 'T',
  'uncertain:suspect': 'D',
  'bad:waiting': 'B',
  'bad:comm': 'B',
  'bad:device': 'D',
  'bad:config': 'D',
  'bad:out-of-service': 'F',
  'bad:no-value': 'D',
};
