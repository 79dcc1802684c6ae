// The activation functions as WGSL, for every kernel that applies one.
import type { ActivationFunction } from "@glimpsejs/graph";

// erf from Abramowitz and Stegun: the series 7.1.6 up to 2.5 (28 terms reach float32), the rational 7.1.26 is 1.5e-7 off.
const erf = `
  fn erf(x: f32) -> f32 {
    let a = abs(x);
    if (a > 3.9) { return sign(x); }
    if (a > 2.5) {
      let t = 1.0 / (1.0 + 0.3275911 * a);
      let tail = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
      return sign(x) * (1.0 - tail * exp(-a * a));
    }
    let double = 2.0 * a * a;
    var term = a;
    var sum = a;
    for (var odd = 3.0; odd < 59.0; odd += 2.0) {
      term *= double / odd;
      sum += term;
      if (term < 1e-8 * sum) { break; }
    }
    return sign(x) * 1.1283791670955126 * exp(-a * a) * sum;
  }`;

const texts: Readonly<Record<ActivationFunction, string>> = {
  gelu: `${erf}
  fn activation(x: f32) -> f32 { return 0.5 * x * (1.0 + erf(x * 0.7071067811865476)); }`,
  // tanh is clamped, since it overflows on some drivers.
  gelu_new: `
  fn activation(x: f32) -> f32 {
    let inner = clamp(0.7978845608028654 * (x + 0.044715 * x * x * x), -15.0, 15.0);
    return 0.5 * x * (1.0 + tanh(inner));
  }`,
  quick_gelu: `
  fn activation(x: f32) -> f32 { return x / (1.0 + exp(min(-1.702 * x, 80.0))); }`,
  relu: `
  fn activation(x: f32) -> f32 { return max(x, 0.0); }`,
  silu: `
  fn activation(x: f32) -> f32 { return x / (1.0 + exp(min(-x, 80.0))); }`,
  // exp(x) − 1 loses its digits near 0, where the series has them.
  selu: `
  fn activation(x: f32) -> f32 {
    let series = x * (1.0 + x * (0.5 + x * (0.16666667 + x * (0.041666668 + x * 0.008333334))));
    let negative = select(exp(x) - 1.0, series, abs(x) < 0.1);
    return 1.0507009873554805 * select(1.6732632423543772 * negative, x, x > 0.0);
  }`,
};

/** `fn activation(x: f32) -> f32`. */
export function activationText(name: ActivationFunction): string {
  return texts[name];
}
