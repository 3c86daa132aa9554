// A sound as pictures: its waveform, and a spectrogram on the mel scale, 40 Hz to 8 kHz.

export const RATE = 16000;
const SIZE = 512;
const FLOOR = -80;
const LOW = 40;
const HIGH = 8000;
const HZ = [250, 500, 1000, 2000, 4000];

const PALETTES = {
  light: [[251, 250, 247], [214, 226, 222], [126, 176, 175], [26, 108, 116], [8, 42, 54]],
  dark: [[19, 24, 27], [21, 62, 70], [28, 120, 120], [150, 190, 130], [252, 236, 170]],
};

const mel = (hz) => 2595 * Math.log10(1 + hz / 700);
const hertz = (mels) => 700 * (10 ** (mels / 2595) - 1);

function canvasOf(canvas) {
  const scale = Math.min(2, devicePixelRatio || 1);
  const width = Math.max(1, Math.round(canvas.clientWidth * scale));
  const height = Math.max(1, Math.round(canvas.clientHeight * scale));
  Object.assign(canvas, { width, height });
  return { context: canvas.getContext("2d"), width, height, scale };
}

export function drawWave(canvas, samples, colour) {
  const { context, width, height } = canvasOf(canvas);
  const middle = height / 2;
  let peak = 0.02;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  context.fillStyle = colour;
  for (let x = 0; x < width; x++) {
    const from = Math.floor((x * samples.length) / width);
    const to = Math.max(from + 1, Math.floor(((x + 1) * samples.length) / width));
    let low = 0, high = 0;
    for (let i = from; i < to; i++) {
      if (samples[i] < low) low = samples[i];
      if (samples[i] > high) high = samples[i];
    }
    const top = middle - (high / peak) * middle * 0.94;
    const bottom = middle - (low / peak) * middle * 0.94;
    context.fillRect(x, top, 1, Math.max(1, bottom - top));
  }
}

export function drawSpectrogram(canvas, samples, theme) {
  const { context, width, height, scale } = canvasOf(canvas);
  const image = context.createImageData(width, height);
  const colours = shades(PALETTES[theme]);
  const columns = Math.min(width, 1600);
  const rows = bins(height);
  let loudest = -Infinity;
  const levels = [];
  for (let column = 0; column < columns; column++) {
    const middle = Math.floor(((column + 0.5) * samples.length) / columns);
    const level = spectrum(samples, middle - SIZE / 2);
    for (const db of level) if (db > loudest) loudest = db;
    levels.push(level);
  }
  for (let x = 0; x < width; x++) {
    const level = levels[Math.floor((x * columns) / width)];
    for (let y = 0; y < height; y++) {
      const { bin, part } = rows[y];
      const db = level[bin] * (1 - part) + level[bin + 1] * part - loudest;
      const shade = Math.round(255 * Math.max(0, Math.min(1, 1 - db / FLOOR)));
      image.data.set(colours[shade], (y * width + x) * 4);
    }
  }
  context.putImageData(image, 0, 0);
  label(context, height, scale, theme);
}

function label(context, height, scale, theme) {
  context.font = `${10 * scale}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  for (const hz of HZ) {
    const y = height * (1 - (mel(hz) - mel(LOW)) / (mel(HIGH) - mel(LOW)));
    const text = hz < 1000 ? `${hz}` : `${hz / 1000}k`;
    context.fillStyle = theme === "dark" ? "#0009" : "#fffc";
    context.fillRect(0, y - 6 * scale, context.measureText(text).width + 6 * scale, 12 * scale);
    context.fillStyle = theme === "dark" ? "#cfd8d6" : "#3d4a4c";
    context.fillText(text, 3 * scale, y);
  }
}

// For each row of the picture, from the top, the bin of the spectrum and how far towards the next.
function bins(height) {
  const width = RATE / SIZE;
  return Array.from({ length: height }, (_, y) => {
    const hz = hertz(mel(LOW) + ((mel(HIGH) - mel(LOW)) * (height - 1 - y)) / Math.max(1, height - 1));
    const place = Math.min(SIZE / 2 - 1.001, hz / width);
    return { bin: Math.floor(place), part: place - Math.floor(place) };
  });
}

function shades(stops) {
  return Array.from({ length: 256 }, (_, i) => {
    const place = (i / 255) * (stops.length - 1);
    const from = Math.min(stops.length - 2, Math.floor(place));
    return [...stops[from].map((value, c) => value + (stops[from + 1][c] - value) * (place - from)), 255];
  });
}

const WINDOW = Float32Array.from({ length: SIZE }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
const COS = Float32Array.from({ length: SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / SIZE));
const SIN = Float32Array.from({ length: SIZE / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / SIZE));
const real = new Float32Array(SIZE);
const imaginary = new Float32Array(SIZE);

// Levels in dB of the bins of one window, by a radix-2 transform.
function spectrum(samples, from) {
  for (let i = 0; i < SIZE; i++) {
    real[reversed(i)] = (samples[from + i] ?? 0) * WINDOW[i];
  }
  imaginary.fill(0);
  for (let half = 1; half < SIZE; half *= 2) {
    const stride = SIZE / (2 * half);
    for (let start = 0; start < SIZE; start += 2 * half) {
      for (let k = 0; k < half; k++) {
        const a = start + k, b = a + half;
        const c = COS[k * stride], s = -SIN[k * stride];
        const r = real[b] * c - imaginary[b] * s, i = real[b] * s + imaginary[b] * c;
        real[b] = real[a] - r;
        imaginary[b] = imaginary[a] - i;
        real[a] += r;
        imaginary[a] += i;
      }
    }
  }
  return Float32Array.from({ length: SIZE / 2 + 1 }, (_, i) => 10 * Math.log10(real[i] ** 2 + imaginary[i] ** 2 + 1e-9));
}

const BITS = Math.log2(SIZE);

function reversed(i) {
  let found = 0;
  for (let bit = 0; bit < BITS; bit++) found |= ((i >> bit) & 1) << (BITS - 1 - bit);
  return found;
}
