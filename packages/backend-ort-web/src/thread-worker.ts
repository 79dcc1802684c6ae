// A worker that does one piece of work for each message: products of small matrices, some 10 ms of them.
const size = 64;
const a = new Float32Array(size * size).fill(0.5);
const b = new Float32Array(size * size).fill(0.25);
const c = new Float32Array(size * size);

self.onmessage = () => {
  for (let times = 0; times < 24; times++) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let sum = 0;
        for (let k = 0; k < size; k++) sum += (a[i * size + k] ?? 0) * (b[j * size + k] ?? 0);
        c[i * size + j] = sum;
      }
    }
  }
  self.postMessage(c[0]);
};
