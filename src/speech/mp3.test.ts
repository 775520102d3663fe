import { expect, it } from 'vitest';
import { AudioError, decodeAudio } from '#speech/decode-audio.js';

// The files are at the end.

it('mono at 16,000', async () => {
  const pcm = await decodeAudio(MONO_TONE_MP3);
  expect(pcm.length / 8_000).toBeGreaterThan(1);
  expect(pcm.length / 8_000).toBeLessThan(1.15);
  expect(Math.abs(pitch(pcm) - 440)).toBeLessThan(2);
  expect(peak(pcm)).toBeGreaterThan(7_000);
  expect(peak(pcm)).toBeLessThan(9_000);
});

it('stereo at 44,100, behind a tag', async () => {
  const tag = Buffer.concat([Buffer.from([0x49, 0x44, 0x33, 4, 0, 0, 0, 0, 2, 0]), Buffer.alloc(256, 0xff)]);
  const pcm = await decodeAudio(Buffer.concat([tag, STEREO_TONE_MP3]));
  expect(pcm.length / 8_000).toBeGreaterThan(0.25);
  expect(pcm.length / 8_000).toBeLessThan(0.35);
  expect(Math.abs(pitch(pcm) - 1_000)).toBeLessThan(3);
  expect(peak(pcm)).toBeGreaterThan(7_000);
  expect(peak(pcm)).toBeLessThan(9_000);
});

it.each([
  { name: 'mono at 44,100', file: () => MONO_44100_MP3, hertz: 700, seconds: 0.33, amplitude: 8_192 },
  { name: 'two channels, mixed, at 22,050', file: () => TWO_TONES_MP3, hertz: 600, seconds: 0.33, amplitude: 4_096 },
  { name: 'mono at 8,000', file: () => MONO_8000_MP3, hertz: 500, seconds: 0.5, amplitude: 8_192 },
])('$name samples a second', async ({ file, hertz, seconds, amplitude }) => {
  const pcm = await decodeAudio(file());
  expect(pcm.length / 8_000).toBeGreaterThan(seconds);
  // The encoder's delay is a frame or two.
  expect(pcm.length / 8_000).toBeLessThan(seconds + 0.2);
  expect(Math.abs(pitch(pcm) - hertz)).toBeLessThan(3);
  expect(Math.abs(20 * Math.log10(peak(pcm) / amplitude))).toBeLessThan(1);
});

it('loses nothing to a tag at the end', async () => {
  const tag = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 0x20)]);
  expect(await decodeAudio(Buffer.concat([MONO_TONE_MP3, tag]))).toEqual(await decodeAudio(MONO_TONE_MP3));
});

it('plays a piece cut out of a file: without the bits its first frame needs, and with half a last one', async () => {
  const second = STEREO_TONE_MP3.indexOf(0xff, 400);
  const pcm = await decodeAudio(STEREO_TONE_MP3.subarray(second, second + 6 * 418 + 100));
  expect(Math.abs(pitch(pcm) - 1_000)).toBeLessThan(10);
});

it('refuses a change of rate', async () => {
  const file = Buffer.concat([MONO_TONE_MP3, STEREO_TONE_MP3]);
  await expect(decodeAudio(file)).rejects.toThrow('changes its sample rate');
});

it('says that frames without sound are damaged', async () => {
  const frame = Buffer.alloc(417, 0xff);
  frame.set(STEREO_TONE_MP3.subarray(0, 4));
  frame[2]! &= ~2;
  await expect(decodeAudio(Buffer.concat([frame, frame]))).rejects.toThrow('no sound can be got from it');
});

it('ends on every file, however its bits fall', async () => {
  const random = seeded(1);
  const files = Array.from({ length: 16 }, (_, index) => {
    const file = Buffer.from(index % 2 ? STEREO_TONE_MP3 : MONO_TONE_MP3);
    for (let flips = random(300); flips > 0; flips--) file[random(file.length)]! ^= 1 << random(8);
    return file.subarray(0, file.length - random(500));
  });
  const outcomes = await Promise.all(
    files.map((file) => decodeAudio(file).then(({ length }) => (length > 0 ? 'sound' : 'nothing'), reasonOf)),
  );
  expect(outcomes.filter((outcome) => outcome === 'sound').length).toBeGreaterThan(8);
  const reasons = /^(sound|this is not an MP3|the file is neither|the MP3 file (is damaged|changes its sample rate))/;
  for (const outcome of outcomes) expect(outcome).toMatch(reasons);
});

function reasonOf(error: unknown): string {
  return error instanceof AudioError ? error.message : `not an AudioError: ${String(error)}`;
}

/** Whole numbers below `limit`: a linear congruential generator. */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

it('sounds on when bytes in the middle are changed', async () => {
  const damaged = Buffer.from(MONO_TONE_MP3);
  damaged.fill(0x55, 1_000, 1_050);
  expect((await decodeAudio(damaged)).length).toBeGreaterThan(6_000);
});

it('refuses more than ten minutes', async () => {
  const file = Buffer.concat(Array.from({ length: 600 }, () => MONO_TONE_MP3));
  await expect(decodeAudio(file)).rejects.toThrow('longer than 10 minutes');
});

/** By rising zero crossings of the middle half. Hertz. */
function pitch(pcm: Int16Array): number {
  const middle = pcm.subarray(Math.floor(pcm.length * 0.25), Math.floor(pcm.length * 0.75));
  const rises: number[] = [];
  for (let at = 1; at < middle.length; at++) {
    const [before, now] = [middle[at - 1]!, middle[at]!];
    if (before < 0 && now >= 0) rises.push(at - 1 + -before / (now - before));
  }
  return ((rises.length - 1) * 8_000) / (rises.at(-1)! - rises[0]!);
}

/** Away from the ends, where an encoder rings. */
function peak(pcm: Int16Array): number {
  const middle = pcm.subarray(Math.floor(pcm.length * 0.25), Math.floor(pcm.length * 0.75));
  return middle.reduce((highest, sample) => Math.max(highest, Math.abs(sample)), 0);
}

function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

/** 440 Hz, a second and the encoder's delay: mono, 16,000 samples a second, 16 kbit/s. Frames can be repeated at will. */
const MONO_TONE_MP3 = fromBase64(`
//MoxAANaF6wX0kYAgGckkgAnOc5znOcECBiyMEwTDYoFBIgYBA535Q5lw/ym7l+kMcBv0ghqAZ/SCHAZ/SGOX93SmIKaigA//MoxAAN6LKgAZ
t4AHSYd//6PTIfgv4yYAOmvIwgIDYjcKhBx4SCNiYk5CSpfQDwquxK5XQf///3r21oXwVCQNfiU6DSYgpo//MoxAAHMHaZAdQQAiCKB/VpGRWI
CA4SBwAAH7FAAgABgoBgsS8dreKZMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAA//MoxAAMeG5AAOe2gP///VK7y7S/oVAQMCZgEWGFja
ZXsxkvdyGpSO4YIgLZjoIcFXmUmYKRkRWnRWevCv/emIKaigYAEhAA//MoxAAMaG5AAOe2gP///dJD8JZ6KAAChMwcLjFpvM+WIyy+SjX8HgMK
8Jk1VXOM2DLTgFHaXDrxSX0gJ/9yYgpqKBgASEAA//MoxAAMyHI8AN+4gP///ckbK0pS4mBR4nDFgBX59wkamoTh2NAeGIqC6ZDQJhDQBdCEgR
VSbDJKGpga/0//9KYgpqKAAAAA//MoxAALqG5EAOe2gf///dM/rOkhi3IJBBgIPmGyoZekpk84wmq4MKYKoHhhAibPcGOGgKLU1nFi1ntSYgpq
KBgASEAAIAAA//MoxAANEG5AAOe2gP///CngR5l9DIDBgUMEjMxEdDM91MlLwk0/x+TCYCWNSTDk7My4pDEBM9tIvLKcHP+///uTEFNRQAAA//
MoxAANEHI8AN+4gP///UfbA6K1SIHDCQy0DNgGD72U1LEFzsHChMRgG4yYhDFudMAIURBBVN6I/MV8zP+j//oTEFNRQAAA//MoxAAMEG5AAOe2
gf///UpdpdqEkEgAwACzB4iMWFs0LNjM80kNvkZowggNwCUG1fJj6aY2AIauNDtrkFMQU1FAwAJCAAEA//MoxAAM4G5AAOe2gP///OxC3VVVIA
IFwuYCGhhc8mTMAY5vyxnwEEGD+EqaegnLQxmIwJI6TDfyCfpAT////vTEFNRQAAAA//MoxAAIgGZkQAZ6KQw1duWoo66lgQWdSxqa3R24Fhhu
BpgGB4AFgVA505ivq4lMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAA//MoxAANmGo8AOe4gP///cqcFUxcowAAzBIMMNCMyCXDWFDNBvas4yhpzC
1AoHCGZtoBiAzGHgSgsxGHqUKnv9f//QmIKaig//MoxAAMMG5AAJ+2ZPsbkILiDkgkUClgSBqYBQPhgXjEmJd/mZSpCJgwBIGkGRzKqZkCjyQl
G5kLnLYW/7ExBTUUDAAkIAAQ//MoxAAEwFqYYAB0QkIBYLcsZ2aKuG12SIJAufUNlGlMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAA//MoxAAKqGZIAN+2gf///VWGmsqlRWLQmGhBlBWb3aGXxBcbM4dwCEBEBcZlxmDoYCDl2v9KTtJiCmooGABIQAAgAAAAAAAA//Mo
xAAMWG5AAOf2gP///t6FMtSpIQIQhcRDYEn0wZjDAb0B4wPoIUMBBAizQyU5gWHmYoTkYWzwdP2Aj/2piCmooGABIQAA//MoxAALiGZQCNe2gi
f//+6k3Un2IIPmGBGfOni/GTKskalQWxg/ghmSm5llsYGXIB3YldQHAz////cmIKaigYAEhAACAAAA//MoxAANGGo8AN+4gP///cebisMXiBQK
YeAGSCJqJ0eh0mlzTKdCwl48OOYNL5kW6GDjwYQB6KzWYapSBr/X//0JiCmooAAA//MoxAALgG5EAAe2LL8Va8nMMAAkoCBYArKgNAiFXMG/iE
xGBzTASBuMwDDgQoHKA8ep5PbJ6K2Fv+xMQU1FAwAJCAAEAAAA//MoxAAMyG5MEN+2ggC///9V5RTxhd5bAwkNMkLjba0yknXzWLD1MIwFQy5A
NBxTCjMHADX4xT0mYe//////9SYgpqKAAAAA//MoxAANCGo4AOe4gP//+5BLMlMS4oKBwCFpjEFGZhicBaBrRTMHgKIQYjQDBiY+GNOGYJSpg8
KIJWVPrKiZn/UmIKaigAAA//MoxAAMWG5AAOe2gP///tl+mIoYiMCCgVEYyBh5MN4QxPv5DLNIEHAdwMznJJ5mIiJJSFrfQmjsCv/b//3JiCmo
oGABIQAA//MoxAAEkFrhwAIyYgD2CQBCwcBOwtZL1hwsQ0qX5RMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//MoxA
ALCG5IAA78KfnQQS7S6k+RoGEiUzUAOSRzNpQhN1AFkwpwFzAVBFAIhAiBOCgAbSojNVdKpiCmooGABIQAAgAAAAAA//MoxAAJSGpcIAeyLyZW
Zc7TcVghgAMQgOGAMEOYVrFZjIBcgkBhGE54gMAkDA07a42mIKaigYAEhAACAAAAAAAAAAAAAAAA//MoxAAFoFqdoAB2JggEKBuYK8oXmYZIgp
7a4oADQtlMUy7kxBTUUDAAkIAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//MoxAAK6GpgQV0YAQw////wpILbxrZc9AcYLBUYsHAcIJQf
RmmY8hqAQtMMx5GQpCAbcealmHBCYgpqKBgASEAAIAAAAAAA//MoxAAOmNsRv4c4BgwACyBR8BQKBgMAAB4PQt6nSSmDoPUybTjU/wcguEcbfZ
z8FoQERGFf4FIBX+VYFf+VYFSrP/x6GD0A//MoxAANQKJcMcwYARDA0dCUJROfJIAoAJOSiSYu6yIIiviCDUmxHRkZLsMBATUBAQE1ARLgo6Ed
0F8V8J+X+K6KTEFNRQAA
`);

/** 1,000 Hz, a quarter of a second and the encoder's delay: the same in both channels, 44,100 samples a second, 128 kbit/s. */
const STEREO_TONE_MP3 = fromBase64(`
//uQBAAAAssVzYVp4ABZYrmwrTwADKSrh7lqIBGUlXD3LUQCMCBMCBMCBMGDMGBLNo/sPL/gIQvUwZU0rM3cE4cE3bM1J0BHxeKQbgagQwXAnB
0KBXq9Poeh6vV7+9KPHjx5Q4sHwfP4g3cv0hjgN+kMcBn9IIcBv4Y6fd0mBAmBAmBAmDBmDAlm0f2Hl/wEIXqYMqaVmbuCcOCbtmak6Aj4vFIN
wNQIYLgTg6FAr1en0PQ9Xq9/elHjx48ocWD4Pn8QbuX6QxwG/SGOAz+kEOA38MdPu6cBwOBwOBwOBwMBAAAAAMBYKAMF4PPAxXjyAxXEVqwOkj
VgMXI6Ds2gZyOBwGvgbBuACSAyY78DHlAFgIGAAgYAL/hswWRA34RyGKf/DAIpIQWD4hyRQP/45pSIsRYxIqRX+IjwK4DgcDgcDgcDgYCAAAAA
YCwUAYLweeBivHkBiuIrVgdJGrAYuR0HZtAzkcDgNfA2DcAEkBkx34GPKALAQMABAwAX/DZgsiBvwjkMU/+GARSQgsHxDkigf/xzSkRYixiRUi
v8RHgV//uSBAAN0s4hxA9+gABZxDiB79AACsyHDk18qMFZkOHJr5UYED8tZrQMBMAFTAVALUwNYC3MCeASTAeAQ8wcwNJMS4E1zEyn5M0pwm2M
MJBOTBXAJ8wJ4DTMBuAMgMw6A5ZYDBhBKd//+eQ///9SJs//4v/+c/q9xj9+z/+oQPy1mtAwEwAVMBUAtTA1gLcwJ4BJMB4BDzBzA0kxLgTXMT
KfkzSnCbYwwkE5MFcAnzAngNMwG4AyAzDoDllgMGEEp3//55D///1Imz//i//5z+r3GP37P/6ic//yIAxyBJiSRlkZrVhz7BgPAE+YHuDGGHRP
C5zDQkgYPIB9mBSgMRgIQBCLADSOpZZFFxv//GAout/r6e2cYKggj/r56vu/Poxqcf7HL/2aen9LVd5Of/5EAY5AkxJIyyM1qw59gwHgCfMD3B
jDDonhc5hoSQMHkA+zApQGIwEIAhFgBpHUssii43//jAUXW/19PbOMFQQR/189X3fn0Y1OP9jl/7NPT+lqu9MQU1FAwAJCAAEAAAAAAAAAAAAA
AAAAAAAAAAAAAP/7kgQADdKdFEOLX6oUU6KIcWv1QouchQoNfqhBc5ChQa/VCEA//0SDjQEQSaMMrM+qObCMCIAZTBJwPAxGBKHO3QCxjCTgI0
DZ4oAUXoGJQCAkGgmBA2UZb//zhuGDf2W1AiK/7dDP7thq6m9k51of/3L//dbpWgH/+iQcaAiCTRhlZn1RzYRgRADKYJOB4GIwJQ526AWMYScB
GgbPFACi9AxKAQEg0EwIGyjLf/+cNwwb+y2oERX/boZ/dsNXU3snOtD/+5f/7rdK//eiweHUJYWCB+ZVkdlgYFoAMiwZcYwEEzH9NAI5hmAAMB
ykFgaUDAGSxSBhMSgEBQGoBGor//y2mr//19Sp8L1/eTfS36r9htWpj2oC3QSYmzTrdtumPkmPZHtKf+9Fg8OoSwsED8yrI7LAwLQAZFgy4xgI
JmP6aARzDMAAYDlILA0oGAMlikDCYlAICgNQCNRX//ltNX//r6lT4Xr+8m+lv1X7DatTHtQFugkxNmnW7bdMfJMeyPaUTEFNRQMACQgABAAAAA
AAAAAAAAAAAAAAAAAAAAD/+5IEAA3SliHEG3+qgFLEOINv9VAMIIUKDX6oQYQQoUGv1QgQsAAD//yqEGOhYUEAaMlgIKxs14wPzzTDxkVw58gK
ZMH8AigNaj0DLAkAxeIQMGhMAACBkcgH//lkvFxSN/+tu+6kS43/7v/VcnX0eKmP+3/+NELAAA//8qhBjoWFBAGjJYCCsbNeMD880w8ZFcOfIC
mTB/AIoDWo9AywJAMXiEDBoTAAAgZHIB//5ZLxcUjf/rbvupEuN/+7/1XJ19Hipj/t//jf/fCEgesmZQwZ06Dkhg2JgNAFkYJKEEmJKUER4GAw
+YTcCvAblUYGejABk8jgYnEoGGAYAUBxHlu2/9Zomv+r19XWpA1FUfu5dlldduQAV83e9L+sk9ltHXVdff+EEMqav/3whIHrJmUMGdOg5IYNiY
DQBZGCShBJiSlBEeBgMPmE3ArwG5VGBnowAZPI4GJxKBhgGAFAcR5btv/WaJr/q9fV1qQNRVH7uXZZXXbkAFfN3vS/rJPZbR11XX3/hBDKmrTE
FNRQMACQgABAAAAAAAAAAAAAAAAA//uSBAAN0pshQ5OfqoBTZChyc/VQC5BPCg3+qEFyCeFBv9UIEgAP/+KLApjgYQBg7Aw9MEEMwcsDO/tMIu
lsjXsBb8wSQFGAzOkQMbE4DFItAwuDwChABYBi2f/+otILt/9/upSBXb/9X/4/oY/dVQ17PT37//HCQAH//FFgUxwMIAwdgYemCCGYOWBnf2mE
XS2Rr2At+YJICjAZnSIGNicBikWgYXB4BQgAsAxbP//UWkF2/+/3UpArt/+r/8f0Mfuqoa9np79//jv/+SIpJx5JM3ADQiU0J9MAnBCjACgrcw
A7QEMJ8H9zACgcoDArPAwgagMPjcDDoJAsPAcFxFrfu/5wT3frxCKJeyvTc+LpX7EcyxGfSqZ7xUwr3OyNqOj8AsRtcz//kiKSceSTNwA0IlNC
fTAJwQowAoK3MAO0BDCfB/cwAoHKAwKzwMIGoDD43Aw6CQLDwHBcRa37v+cE9368QiiXsr03Pi6V+xHMsRn0qme8VMK9zsjajo/ALEbXMTEFNR
QMACQgABAAAAAAAAAAAAAAAAAAAAAAAAAAAP/7kgQADdKhIUOLn6qEVCQocXP1UIsIhQ5NfOjBYRChya+dGFA//4ouDmMYSAJiMJGMhKZCMJk9
hGkPyYQ7MDGs6i5pgiYKMBlBFgYPHwFQiCgHAsFQtKFt//9IroKU3/q99amKp//Rltn+hd1V+6utvZ9X/+Kehagf/8UXBzGMJAExGEjGQlMhGE
yewjSH5MIdmBjWdRc0wRMFGAygiwMHj4CoRBQDgWCoWlC2//+kV0FKb/1e+tTFU//oy2z/Qu6q/dXW3s+r//FPQs3P/+EIc54YxREzKI1y051s
wHUCkMDqBozDdX5Q5FETNMHNBCDAmgGkwD0AkDAA1Kosyhs4tv/6D4aFbmfr6NlNDEMEsJf3I0M9P0DOhj9/Q1/+qr7/23aDc//4QhznhjFETM
ojXLTnWzAdQKQwOoGjMN1flDkURM0wc0EIMCaAaTAPQCQMADUqizKGzi2//oPhoVuZ+vo2U0MQwSwl/cjQz0/QM6GP39DX/6qvv/bdoTEFNRQM
ACQgABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/+5IEAA/ygAtDA1/aEFABaGBr+0ILnIUKDn6qAXOQoUHP1UD//ZKVNmWMAhMiyNU3O5
XMCdAgjBTgTkxOdeuPMlDkzClQLw+hBNtAgEoBQOEQShk7P+JAj/6gWFK/vRpv1V+0D3030naqm2+im7/+4w+9Cv/9kpU2ZYwCEyLI1Tc7lcwJ
0CCMFOBOTE51648yUOTMKVAvD6EE20CASgFA4RBKGTs/4kCP/qBYUr+9Gm/VX7QPfTfSdqqbb6Kbv/7jD70K/9bLAfC4gHBaDR8YYG5lwdmuRg
eWIZjAIo0f0eBZmGYgBADJQA0mDwMkCQDBwiASFQgAA1V+//y0td//X/Wpjwsn/TQ17P9oEvgBr2z3Ltc17bOt29r437ArdGsX/62WA+FxAOC0
Gj4wwNzLg7NcjA8sQzGARRo/o8CzMMxACAGSgBpMHgZIEgGDhEAkKhAABqr9//lpa7/+v+tTHhZP+mhr2f7QJfADXtnuXa5r22dbt7Xxv2BW6N
YtMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA//uSBAAP8nwLQwM/2hBPgWhgZ/tCDFEhCg1+qEGKJCFBr9UI//2SKnMsCYQR
UKMhspgRIBqYKYB2GKDp856TYX4YVWBRn7Jhv5maIXGLEBg4eXsdvR8QsT9vUETn93L/qu2mV672IbXKtf/rrub/pF772I//2SKnMsCYQRUKMh
spgRIBqYKYB2GKDp856TYX4YVWBRn7Jhv5maIXGLEBg4eXsdvR8QsT9vUETn93L/qu2mV672IbXKtf/rrub/pF772I//zICZ5ChkzpmEACPmMT
GA5gUpgmgPYYmbMQnk2i6BhRoKaBu5NAaBLoGTiIBiYTAYZB4BQEE7/f/1G61f/+rqUxs9tX/979BX7V9W/12bb0lXr6v8419zKUa+9ub/Fbox
iv/8yAmeQoZM6ZhAAj5jExgOYFKYJoD2GJmzEJ5NougYUaCmgbuTQGgS6Bk4iAYmEwGGQeAUBBO/3/9RutX//q6lMbPbV//e/QV+1fVv9dm29J
V6+r/ONfcylGvvbm/xW6MYpMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAP/7kgQADdJsIkUbn6KATYRIo3P0UAxEUQgN/qhBiIohAb/VCDBAAA
P//YSGGwIA4cEBIJBUQGCTWZUnhgz7HaaOSHiGBqgZ4HErAaFWBkiwGGAAMBw9wd//b61kucr//fU2mpEqGP///9N1Ht/////+swQAAD//2Ehh
sCAOHBASCQVEBgk1mVJ4YM+x2mjkh4hgaoGeBxKwGhVgZIsBhgADAcPcHf/2+tZLnK//31NpqRKhj////TdR7f/////r//zckbVCZbA0CaaUGk
xhgDwJiAAxgwN3sfMp3JEDAdQg0DFTuAxOgQMWEYDEwQAYJ4LCAPH9av+dSFyX2UVAiK6LORMywvambXbpAotm3PxSlBUmLM6VKqNjrW5n6XGm
1pR//m5I2qEy2BoE00oNJjDAHgTEABjBgbvY+ZTuSIGA6hBoGKncBidAgYsIwGJggAwTwWEAeP61f86kLkvsoqBEV0WciZlhe1M2u3SBRbNufi
lKCpMWZ0qVUbHWtzP0uNNrShMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAD/+5IEAAzCryFDi1+SIFXkKHFr8kQLqHE6dcMAAXUOJ064
YABAP/+rICZIGTGiHmxRHBwGAjAYpgPoQAYOpNXmnIC8xgdQKaYCCBHGACAIIWAFALQCOgUEW6//+s0Obf+rr6lT4v/p0f/Sq/Y9qG11E37dGr
vb/2WaVIB//1ZATJAyY0Q82KI4OAwEYDFMB9CADB1Jq805AXmMDqBTTAQQI4wAQBBCwAoBaAR0Cgi3X//1mhzb/1dfUqfF/9Oj/6VX7HtQ2uom
/bo1d7f+yzSoApS6injcbvwAqQu4rxkZZgvaYtJ5lH3n7EUZwGwKCi/IfByohgQABBYACMu9bHIIR3u9932/vWtN4IO4gGghygYg+OB+6Iw+oE
HAhnBIGC4PvP1h8Rh8o7wwUOfvAKUuop43G78AKkLuK8ZGWYL2mLSeZR95+xFGcBsCgovyHwcqIYEAAQWAAjLvWxyCEd7vfd9v71rTeCDuIBoI
coGIPjgfuiMPqBBwIZwSBguD7z9YfEYfKO8MFDn70xBTUUDAAkIAAQAAAAAAAAAAAAAAAAAA//uSBAAAAvcq3W42ZIRe5VutxsyQgAABpBwAAC
AAADSDgAAESAAAAAaHw/HwwEAgAACqgnSS8mg3fAAyJR5qbeOEXKSivgZ+haGDIBSSJdQLPgZSALDBoAO8GMzFBzJfwxgGJQyMJ5EIRCRSX/jn
kSIKRYgRHkU/mQCKkn/5YWImHiyQAAAADQ+H4+GAgEAAAVUE6SXk0G74AGRKPNTbxwi5SUV8DP0LQwZAKSRLqBZ8DKQBYYNAB3gxmYoOZL+GMA
xKGRhPIhCISKS/8c8iRBSLECI8in8yARUk//LCxEw8WTEFNRQMACQgABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==
`);

/** 700 Hz, a third of a second: mono, 44,100 samples a second, 32 kbit/s. */
const MONO_44100_MP3 = fromBase64(`
//NAxAAQmI6EBVkwAIwcty2ts7Z25blv+/7uOQzhYRIRAInQrOZaJ0UHNAbBwCMR8Yg5D+SwmTBwGAyZNMHAQBAEHROH//////6fd//93SmIKaigYAEh
AACAAAAAAAAAAAAAAAAAAAD/80LEABbxayJflaoCoGAwGAwGAwGAwGAAAAD9gwF4GCwwAYEfAw4EQF47XWBw47gYyDIGDgj3wvkFhwWhfikRBUQVHK/x
cwuYmRzRzf/KRFiLGJdJky//y8XkS6XUgab/lQkDQlCQNFT/80DEABVgeiwJ33gAt///3ItKWupyrtAoBsYCiAXGADgBBgHgIOYMgC4mCxBL5hFBQoa7
CcmGL0hoRhIIKUYCWAbmAhAIpgJABWXsLLFmg1JkxD3/wz/kf9f//7////9v+TTEFNRQAP/zQsQAFNjeIADX6oT///+xI4FZikoIRYENGJcmY1GAdgZ5
gWwNkYUqeXHVSGoxjDgS+YPWCPGB5AUoGjzEBlYdgYzDwGFgKGhChRBYZk2+v//5x/+//Pf//T////rf/WmIKaigYAEhAP/zQMQAE2kqLBDXqIQNP///
cofeMO2hIMKHMsYNaxOpcMJ8L8xTB/jS3prPLL4swFx0DBkCpMD0FADQKwMaSAAChgIcknh2lZvq//+cb//0z/+j//9//////0JiCmooGABIQAAgAAAA
//NCxAATQHokAN/0hP///UrdyD1OguCmCChipaZUoGnyJgSwIoYKuE9mJiEM50y4NCYqiCOGDBAUJgWYC4eJqbk4Z4SEFlwPQ4MaO7f9H+3/T//+////
/Z/oTEFNRQMACQgABAAAAAAA//NAxAATgS4sMM+ohCJh///6rxCbiixy4hkhm0kfdZg6A0GHiKWZwGHxvafeGR4QeYcoaRg8A2gcN4BpEIGRGA2ZFlDK
idhwm3///zrf/+ie/7v//p////1f6kxBTUUDAAkIAAQAAAD/80LEABTo4iRQ3+iECCEP///OGHLeRfYECDDx0yQ4NDYTcqowNMFDMHEDADGPwI853Qph
MR0AcDBFQA4wG4APA24IA5qBIkGkicxN4zxMpff//5K/9H+X///f////o/yKYgpqKBgASED/80DEABIgfiQAx/SE////1Myp/nVZMlyHKPQTAPwAowHQ
AwMHxP1TbIUZUxI0KYMGQBITAzQKA/F85Lg1B0x4RWF0mIv1Z0f63/1f9n//0////6/+9MQU1FAwAJCAAEAAAAAAAAAAAP/zQsQAFDjiHADf6IT///qP
usI09PQwcTMgLDP082qCOx3zBNgaIwn8P/Mi6LbjoZVdow6EItMCGAqDACQEcEkATGhIAH5iEg4B7LT/f//6B//I/6///3////7f7yaYgpqKBgASEAAI
AP/zQMQAFNjeIADX6oT///+xI4FZikoIRYENGJcmY1GAdgZ5gWwNkYUqeXHVSGoxjDgS+YPWCPGB5AUoGjzEBlYdgYzDwGFgKGhChRBYZk2+v//5x/+/
/Pf//T////rf/WmIKaigAAAA//NCxAAUEXIsMNeohCB5///7lD7xh20JBhQ5ljBrWJ1LhhPhfmKYP8aW9NZ5ZfFmAuOgYMgVJgegoAaBWBjSQAAUMBDk
kSGRIk31f//ON//6Z///5r//+//////6ExBTUUDAAkIAAQAA//NAxAAVqH4kAV94AP///4Df+AmnF5DAGABgQgEpgEIByYEiBUjIFsYE0DVGMjEzpzf4
cYYtaFtmEShK5g2oEeYAwATGAqAQxgNAAoX/L5jfQsvjhr/yLv6/+///6f///9X/cmIKaij/80LEABbhntm/j4ACNMAAAhGQzGg0FoAAH5oE4+PzIL3b
OVJgXSLCDescoqMtSXJ4ZQcC0fgKYpdxZ9FH8QXFxi4ETfUkl/HMHMJwrlwqEH0loo/+X01l83Jxpgs7nvygZg+8mciU6VD/80DEABQBVgwRz0ABGk3h
NhckcfpcWgfQapGn8hSJFtFxSgwgUxLYDNKnVDMpjSBrUXqSHIeuDUFpsC1kg1OJFTdmvhm1WChaihZtahl/blTdTahYi4rvlyO/h0JMQU1FAwAJCAAE
AA==
`);

/** 600 Hz in the left channel and 5,000 Hz, above what a phone carries, in the right one: 22,050 samples a second, 64 kbit/s. */
const TWO_TONES_MP3 = fromBase64(`
//OABAALgFk4AKykABLwAu5fQRACLllyy5ZcsuWXjQfRXTDLuAAIxBC9AyCaLpz2nbScKZqFGQQZAxiAFtEiFiNchwNisEwTBMNitG3CCBAgQMQicHwf
yhyjz/AjsoD+sHDmQB/WBDmgH+BDnD/R7+jbbbbcf6MOWg+D4Pg+gEAQBDB8H34IFHLB/wQOfBN/OagTD/9P9QJn+oEDnwQB8P6P4PgQEO//B8HwfB8H
AQBAEAwD4Pg+HygIAg69MQU1FAwAJCAAEAAAAAAAAAAAAP/zggQAC8CziS/K0IEWul8aX4GgAuBwOBwOBwOBwOBwOAAAEgIDA4I8DCYiAIB/gY0YoHAH
ko1UmAlGBnA4GCC/h+wYqDFX4xooEUCQ7/HOGWJkipAf/MiLEWMS6XTL//LxeRLpdBoK/8FREFQVER47/+jgcDgcDgcDgcDgcDgcAheI/CH1JJfrRR/U
kkv/RRSSMv/RRMUki8j//l0umReLxiXSKmX//5FiBENFyh8IN5gM/bD2SkOcRYxLv5h/+n+XREFQVET3f///aq0smIKa//OCBAALDD0YBO+kARUiLjQR
wLgAJ///yqNCgAODgCEwAIArMA2ACzAAwBowHkEOMFDA0jA6QrwwQJo6MMCD1DC3wdAwSwGdMFSAehYJVMBFAEjACwBQIAGpdBLqiJ//yH/3c7//q///
//v//WGH///////9b///////4EAAMDAGgBsMaBiEAYABAwBMATAwSYJRAwuYNnA0PguIAx0sR4AwjcEMAwJsAWAwFoCNAwFcAuAMAFwMAUAGQAgCU///
/yCYgpqKBgASEAAIAAAAAAD/84IEAAqYXxQAZ/UyEyoyKAAAf4j///mWRFzTDGNdQ5Hz/yMBqAXzAzwNQwggMHNI3XRzJkgiMwW8AQAwarQNP6wDidmA
yYMwMFgYLIRCw5pkibN//5zq/+np/+3+////VR/////f+v5X8/////////Sh4oAECMAVGQAoOAOjAVABQwLsBrMHsB0DXpTy4xvoEmMFvAaTAoAEAwFM
A5MAfAKTACgBgGgA6Eyt7dP/9T///////UmIKaigYAEhAACAAAAAAAAAAAAAAAAAAAAAAP/zggQACeihGilzx0QRkjI0GAC/bAwfgn///UgNkDxr0MEg
ExEGDJI9NKIw7r5zzU4NNssYsxPAwDB6CkMIETEwkQ8TAeAYLvsofeMSsHYkE2//6f06f+rfyG/1//////23//qCoG3/bqgUb6f///////dxTcvwhEIw
BAwAMBDMA2AqjAvQpMyexUdMLjBnTAjgIowD8BDMAkAJDAEAAoDADYcAAK7s///+9MQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
//OCBAAKrJ8UBGv1MxN6MigAAH+IJ///33tS6BQkwxkEuBzKIgLIAgupgAAnEYHNIYGAUh2xgQIJSBqUrgHnAD1wFAtBgWHIOAQmg2yCFwzV//5z///7
/ztFH/2f/f//6qv/7P/u/u11fX+a/8///////rNhIABMATAADAIABUwCoBHMAnAjDANAS8wH8REMaqicjB5Qq4wEQDrC4DUYASAWgoArJgD0eAHh4ABn
///+t///////StMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAD/84IEAApwnxgcZ8U2EroyMBgBf2wpFQ///7rxJGlwjLGNgs7VDBSAxMKUHwxpB6z7V8nN
8wU0xMQCTAfCPMFUVowqxHjAoAlAoACmLtSm4ws3//p/X//iv6gaV+3//////X///////qCoG3/ZcqiIZTp///////4ykvcYAAAFmAIgCRgFIBYYCAAl
mA+gUBgoASmZ9WmImJLAtpgcYDYYCkAPkQBMSAAIFAAi5KgVj///rcmIKaigYAEhAACAAAAAAAAAAAAAAAAAAAAAAAAAAP/zggQACgw7FAB3/EAVAuos
CABvgP//+YZGlQw9FQwXBcw6DwxxHkzaQA4T1M0eBhBMmBCqTBzgTo2U+DdO1OI1kyULjBIFSEYe5D/09h/9T9f/0dP/2/3d3//qp//t//+67V1dZPyX
//////9YigRABQTAEgAABEDAJABEDAUwAICwKyBg4YAeBq1wLCBjMYAaBgpQAQBgRoAiBgIABABgBgA4AkATBoABBk53///////Pf/X////9SYgpqKBg
ASEAAIAAAAAAAAAAAAAAAAAA//OCBAAKJDsUAGv8MhM6MigIAL+K///77yo5AIaYo2YNwBMYFAsDADgW8wF8TWMTYj5DCYQ6YwC0EVNJi85kTT1hTA0G
FhyPAJir3xSpdZ/U///L9P/yP9/9//5Wj/+3/7vuu1f1E9sb/0//////9K3gwAAMABABy+AFACzANgE4wJMDTMGYDIjT42YwxdwH6MEzAtTAigGAwFEB
FMAlAJzAGABIwAcABQCU3///U7///+tMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAD/84IEAAoUOxQAa/wyEtIyLAgAf4r///oWFCgEChDKjDUD
zjljAegC8wOsB6MJGB8zUEz5sypQFBMGzATzJ7XMl941nijFg7AIKR5aVANSxfd/U///V/R/Z//3//pp/////7tXX1k/Jf///////+N4lGNACpgCoAEY
AiAZAwB1AAIMYCWHfmJ2PL5gs4S6YCEBnGARgMZgEABgYAwAEBgBuPACiTdF//R/U//////2+haYgpqKBgASEAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAA
AP/zggQACtCfFhh39UAUUuooAABvgCBB///1HDUwaekYYFguYVB0YrjqZXHwbW6GZzwv2mPZhSpgvwI0BrJnAbdr4HD4iBkoPADBMMSCyxzCLkXLif//
qf9X//X/Nej/7f////1f/2f//3f+r8v//////9w+YGzIGAHgBwGARAD4GAcAJIGAlgQQGA/Ah4GCeh5gGexPXgGJAhMAGBtAZIGAjgKAAgAeA0ABABAE
oBwAsDY6V//+/////n//rTEFNRQMACQgABAAAAAAAAAAAAAA//OCBAAKaDsUAGv8MhNiMiwQAH9s///8nVQWMMBMcdMW2MVfMAVAqjAOAWUwL0S6MfKj
KDD+Q4owBwD7Az/OTJs9IjzP4IDByNAJfr3RSYus/qfq/q6f6P4b/v///01//2f/d992v+XHDf/L5f////////rJFQAQGACpgBoAsYBeASGAqAGZgVYD
EYNkC7mp3mJJjFQG+YJ6AZCQICYBmAFgUAVIQA4RAAaW1T///rf//////6kxBTUUDAAkIAAQAAAAAAAAAAAAAAAAAAAAAAD/84IEAAlUPRoorzAAFHoy
SBlAuAIIAw///8XTAoAawxeIwLAQDAqAcMAQIUxgSQTKjQ5Pq9gU53jjDFABgMBAKQxOByDArEcMHAEQwNgHFQtbVPJymFb/+R/+3Wc//1B0D/////v/
zq1ThgNQrurdP//////E3gBAAYs4DAAgBoDANwBUDAAQAADAigSoDBfAbYDIvhlEDDtQkkDBFQHkDATwB0AAAAC4AAUABBsOFp60xBTUUDAAkIAAQAAA
AAAAAAAAAAAAAAAAAAAAAAAAAP/zggQAC6idmzzM0EUXY4L1v4GQIxGAAAgBjGCoNR8Fv82ojqu3r/fhx/3/CAI3DeVl4XIIoad7gYkEBpFgGoFLb4GR
BhjM3D06KP4GHDgKCwFBBARcepJL+BihAGICAMAA0MLoBfQAYPLCU75eHzkS5YgAAADAcDgcAAAAAQYAf///5FRC4pf+AUgeoTgch/wbCBYoAo5AhcH/
4AIgZiFi4aAFr4WLgeN///31//8c79N0MigNyU2TdBvqSX////////////uggbp9DzMBD80w//OCBAAKUIUECOwkABRqZigBwUAAElmSEpFJ7mUqlhCV
RaZvVzMGekv6gBdQKgMpFeqVIPMmeFYVpskYcBmCKW2qQksyEUs0i1UUtKoY+Ut9Sl4x6yLFkR4NFuVOgqMPAqPDXI4iUeiF//MMIfMP//+zf7Nw3///
+q6rX8rf/7Ns1yuzVDN/NSq7NJIrZJtQ1qSUc0ioqgdA2QFQCwLjpWGGB0DY6VooWoWFjpWmFhgNcFcFVhr8RKemIKaigYAEhAACAAAAAAAAAAAAAAAA
AAA=
`);

/** 500 Hz, half a second: mono, 8,000 samples a second (MPEG 2.5), 8 kbit/s. */
const MONO_8000_MP3 = fromBase64(`
/+MYxAAN6Kq4eUoAAAqBt+M88/+hn6nnn/MMMMYjBvAKAMAVBYJDLoP9Tv//4Edw/ynv6MoCAPh+JwICDpAHz+BAx39CYgpo/+MYxAAOaPaoAZSgADIm
iBEz/kVGVJoc7/EJhjQyKA5Pwif4RPgFtQbwigSaIMRYGVvgyt8xLpdSLxeRO/yoiCoKiI9/4Kpg/+MYxAAOIL5UCdYAAIf///qWxiaDLB6Qj8AAAYGB
IIIGIIYIGMDD4HWAzYGYQeIGFYBYN8AwMgSDYiBh8pOmRPP////+lMQQ/+MYxAAG0tYQALgU6P//q//+EeOEGWs3//q/+gJ//////f//1//+pdMQU1FA
wAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/+MYxAAG0tYQALgU6P//q//+EeOEGWs3//q/+gJ//////f//1//+pdMQU1FAwAJCAAEAAAAAAAAAAAAA
AAAAAAAAAAAAAAAA/+MYxAAG0tYQALgU6P//q//+EeOEGWs3//q/+gJ//////f//1//+pdMQU1FAwAJCAAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/+MY
xAAIGLKpgVUQAgAsA/////UTCItYGAwiBgGAgc4F4CA8AEKAywOSM2T6SYgpqKBgASEAAIAAAAAAAAAAAAAAAAAAAAAA/+MYxAAOWar5uYI4AgwAAAAA
MBgMBv8hJP/+D4PIFDvh3xq////////5M0bkzRuTNB//8Bh4HwGHgf//xpomNNJd//+auQmA/+MYxAAOgLasecgIAQC5QAP9mZmX9mZmWuGYWFhZVyhY
GwNgFgXDigbB8dIqKioU/oKDHfiCnf4KDHf0FCn/iDP/wUKG/5JM
`);
