// Two colour conversions of Pillow's convert("RGB") that decoders do otherwise: CMYK without a profile, and 16-bit grey.
// Reference: Pillow 12.3, src/libImaging/Convert.c.

/** Inks of 0 (none) to 255, as Pillow mixes them: each colour is what black leaves, less that share of its ink. */
export function cmykToRgb(cmyk: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((cmyk.length / 4) * 3);
  for (let from = 0, to = 0; from < cmyk.length; from += 4) {
    const light = 255 - (cmyk[from + 3] ?? 0);
    for (let ink = 0; ink < 3; ink++) rgb[to++] = light - dividedBy255((cmyk[from + ink] ?? 0) * light);
  }
  return rgb;
}

/** Little-endian 16-bit grey to RGB. Pillow does not scale such values to 8 bits, it clips them at 255. */
export function grey16ToRgb(grey: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((grey.length / 2) * 3);
  for (let from = 0, to = 0; from < grey.length; from += 2, to += 3) {
    rgb.fill((grey[from + 1] ?? 0) > 0 ? 255 : (grey[from] ?? 0), to, to + 3);
  }
  return rgb;
}

/** value / 255 to the nearest integer, for products of two bytes. */
function dividedBy255(value: number): number {
  const rounded = value + 128;
  return ((rounded >> 8) + rounded) >> 8;
}
