// Preloaded into a server (LD_PRELOAD): its time of day is off by as much as a file says, as if
// somebody had set the machine's clock. The steady clocks go on as they are, and whoever waits for
// a time of day waits as long as with a clock that was really set.
//
//   DAYBOOK_TEST_CLOCK=FILE     8 bytes, nanoseconds, native; may be written at any time
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace {

constexpr int64_t kNanos = 1'000'000'000;
// Absolute times below are of a steady clock: no machine runs for thirty years.
constexpr time_t kLeastTimeOfDay = 1'000'000'000;

const volatile int64_t* Map() {
  static const int64_t none = 0;
  const char* path = std::getenv("DAYBOOK_TEST_CLOCK");
  const int fd = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return &none;
  void* at = ::mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, fd, 0);
  ::close(fd);
  return at == MAP_FAILED ? &none : static_cast<const volatile int64_t*>(at);
}

int64_t Moved() {
  static const volatile int64_t* const moved = Map();
  return *moved;
}

void Move(int64_t by, timespec* time) {
  const int64_t nanos = time->tv_nsec + by % kNanos;
  time->tv_sec += by / kNanos + (nanos >= kNanos ? 1 : nanos < 0 ? -1 : 0);
  time->tv_nsec = (nanos + kNanos) % kNanos;
}

// As the kernel's clock has it.
timespec Real(const timespec& time) {
  timespec real = time;
  if (real.tv_sec >= kLeastTimeOfDay) Move(-Moved(), &real);
  return real;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) {
  const long failed = ::syscall(SYS_clock_gettime, clock, now);
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    Move(Moved(), now);
  }
  return static_cast<int>(failed);
}

int gettimeofday(timeval* now, void*) {
  timespec time;
  const int failed = clock_gettime(CLOCK_REALTIME, &time);
  *now = {time.tv_sec, time.tv_nsec / 1000};
  return failed;
}

time_t time(time_t* now) {
  timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  if (now != nullptr) *now = time.tv_sec;
  return time.tv_sec;
}

int pthread_cond_timedwait(pthread_cond_t* cond, pthread_mutex_t* mutex, const timespec* until) {
  using Wait = int (*)(pthread_cond_t*, pthread_mutex_t*, const timespec*);
  static const auto wait =
      reinterpret_cast<Wait>(::dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2"));
  const timespec real = Real(*until);
  return wait(cond, mutex, &real);
}

// Abseil waits by futex.
long syscall(long number, ...) {
  using Call = long (*)(long, long, long, long, long, long, long);
  static const auto call = reinterpret_cast<Call>(::dlsym(RTLD_NEXT, "syscall"));
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& one : a) one = va_arg(list, long);
  va_end(list);
  timespec real;
  if (number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME) != 0 && a[3] != 0) {
    real = Real(*reinterpret_cast<const timespec*>(a[3]));
    a[3] = reinterpret_cast<long>(&real);
  }
  return call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // extern "C"
