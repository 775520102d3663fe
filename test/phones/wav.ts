import { SAMPLE_RATE } from './tones.js';

/** RIFF WAVE: 16-bit PCM, one channel, 8,000 samples a second. */
export function formatWav(pcm: Int16Array): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + pcm.length * 2, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(SAMPLE_RATE, 24);
  header.writeUInt32LE(SAMPLE_RATE * 2, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(pcm.length * 2, 40);
  return Buffer.concat([header, Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength)]);
}

/** Throws on any other form of WAVE. A data chunk that claims more than there is (a recorder that died) is cut. */
export function parseWav(file: Buffer): Int16Array {
  if (file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE')
    throw new Error('not a RIFF WAVE file');
  let form = '';
  for (let at = 12; at + 8 <= file.length;) {
    const name = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const start = at + 8;
    if (name === 'fmt ')
      form = [0, 2, 14].map((offset) => file.readUInt16LE(start + offset)).join() + `@${file.readUInt32LE(start + 4)}`;
    if (name === 'data') {
      if (form !== `1,1,16@${SAMPLE_RATE}`) throw new Error(`WAVE of the form ${form}, not 16-bit PCM, mono, 8 kHz`);
      const samples = Math.floor(Math.min(length, file.length - start) / 2);
      return Int16Array.from({ length: samples }, (_, n) => file.readInt16LE(start + 2 * n));
    }
    at = start + length + (length % 2);
  }
  throw new Error('a WAVE file without data');
}
