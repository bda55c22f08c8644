// Runs before the first paint, so that a dark screen does not flash: puts on the look of the last time.
try {
  const [theme] = (localStorage.getItem('gatepost-look') ?? '').split(' ');
  if (theme === 'dark' || theme === 'sunlight') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the first paint is light.
}
