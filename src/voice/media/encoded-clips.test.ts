import { expect, it } from 'vitest';
import { encodeG711 } from '#voice/codecs/g711.js';
import { ClipKeys, KnownClips } from '#voice/media/clip-keys.js';
import { EncodedClips } from '#voice/media/encoded-clips.js';

const pcm = (samples: number): Int16Array => new Int16Array(samples).fill(1_000);

it('encodes a clip once for each law', () => {
  const clips = new EncodedClips();
  const clip = pcm(100);
  expect(clips.get(clip, 'PCMU')).toEqual(encodeG711(clip, 'PCMU'));
  expect(clips.get(clip, 'PCMU')).toBe(clips.get(clip, 'PCMU'));
  expect(clips.get(clip, 'PCMA')).toEqual(encodeG711(clip, 'PCMA'));
  expect(clips.cachedOctets).toBe(200);
});

it('forgets the clips that were not used for longest', () => {
  const clips = new EncodedClips(250);
  const [a, b, c] = [pcm(100), pcm(100), pcm(100)];
  const first = clips.get(a, 'PCMU');
  const second = clips.get(b, 'PCMU');
  clips.get(a, 'PCMU');
  clips.get(c, 'PCMU');
  expect(clips.cachedOctets).toBe(200);
  expect(clips.get(a, 'PCMU')).toBe(first);
  expect(clips.get(b, 'PCMU')).not.toBe(second);
});

it('does not keep what is larger than all of its memory', () => {
  const clips = new EncodedClips(50);
  expect(clips.get(pcm(100), 'PCMU')).toHaveLength(100);
  expect(clips.cachedOctets).toBe(0);
});

it('knows a clip again on the other side of a message', () => {
  const keys = new ClipKeys();
  const known = new KnownClips();
  const clip = { pcm: pcm(10) };
  const cross = (): Int16Array => {
    const shared = keys.share(clip);
    const [received] = known.recall([{ pcm: structuredClone(shared.clip.pcm) }], [shared.key]);
    return received!.pcm;
  };
  const first = cross();
  expect(first).toEqual(clip.pcm);
  expect(cross()).toBe(first);
  expect(keys.share(clip).clip.pcm.buffer).toBeInstanceOf(SharedArrayBuffer);
  const inSharedMemory = { pcm: new Int16Array(new SharedArrayBuffer(20)) };
  expect(keys.share(inSharedMemory).clip.pcm).toBe(inSharedMemory.pcm);
  expect(keys.share(inSharedMemory).key).not.toBe(keys.share(clip).key);
});
