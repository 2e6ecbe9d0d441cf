/** A machine that stalls is no slow product: time in which this process was not run does not count, its own work does. */
const TICK = 10;
const MOST = 50;

/** Counts from now; answers, each time it is asked, how many ms this process has had. */
export function ownTime(): () => number {
  let [had, last, cpu] = [0, performance.now(), process.cpuUsage()];
  const count = (): void => {
    const [now, used] = [performance.now(), process.cpuUsage()];
    const worked = (used.user - cpu.user + used.system - cpu.system) / 1_000;
    had += Math.min(now - last, Math.max(MOST, worked));
    [last, cpu] = [now, used];
  };
  setInterval(count, TICK).unref();
  return () => {
    count();
    return had;
  };
}
