/** The process itself, read when it is asked for: the names that every Prometheus client uses, and no observer that runs in between. */
import { Counter, Gauge, type Registry } from "prom-client";

export const addProcessMetrics = (registry: Registry): void => {
  const registers = [registry];
  const startedAt = Date.now() / 1000 - process.uptime();
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of all threads, user and system",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  gauge("process_start_time_seconds", "Start of the process, Unix epoch", () => startedAt);
  gauge("process_resident_memory_bytes", "Resident memory", () => process.memoryUsage.rss());
  gauge(
    "nodejs_heap_size_used_bytes",
    "Heap in use, of the thread that serves HTTP",
    () => process.memoryUsage().heapUsed,
  );
  let last = performance.eventLoopUtilization();
  gauge("nodejs_eventloop_utilization_ratio", "Of the thread that serves HTTP, since the last scrape: 0 to 1", () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  });
};
