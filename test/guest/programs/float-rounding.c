// oracle: qemu, riscv64 only
/* Rounding modes and exception flags through fenv.h, conversions at their limits, and the dynamic mode in instructions. */
#include "guest.h"
#include <fenv.h>
#include <math.h>

static const char *flags(void) {
  static char text[6];
  int raised = fetestexcept(FE_ALL_EXCEPT), n = 0;
  if (raised & FE_INVALID) text[n++] = 'v';
  if (raised & FE_DIVBYZERO) text[n++] = 'z';
  if (raised & FE_OVERFLOW) text[n++] = 'o';
  if (raised & FE_UNDERFLOW) text[n++] = 'u';
  if (raised & FE_INEXACT) text[n++] = 'x';
  text[n] = 0;
  feclearexcept(FE_ALL_EXCEPT);
  return text;
}

int main(void) {
  volatile double one = 1, three = 3, large = 1e308, tiny = 5e-324, zero = 0, half = 2.5;
  int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  const char *names[] = {"nearest", "zero", "down", "up"};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    double third = one / three, negative = -one / three;
    say("%s: %a %a %s", names[i], third, negative, flags());
    double over = large * 10, under = tiny / 2;
    say(" %g %g %s", over, under, flags());
    say(" %ld %g %s\n", lrint(half), rint(-half), flags());
  }
  fesetround(FE_TONEAREST);
  volatile double quotient = one / zero;
  say("%g %s\n", quotient, flags());
  quotient = zero / zero;
  say("%d %s\n", isnan(quotient) != 0, flags());
  quotient = sqrt(-one);
  say("%d %s\n", isnan(quotient) != 0, flags());
  volatile double out = 1e30, nan = NAN;
  int converted;
  long wide;
  asm volatile("fcvt.w.d %0, %1, rtz" : "=r"(converted) : "f"(out));
  say("%d %s\n", converted, flags());
  asm volatile("fcvt.l.d %0, %1, rtz" : "=r"(wide) : "f"(-out));
  say("%ld %s\n", wide, flags());
  asm volatile("fcvt.w.d %0, %1, rtz" : "=r"(converted) : "f"(nan));
  say("%d %s\n", converted, flags());
  volatile float narrow = (float)large;
  say("%g %s\n", narrow, flags());
  say("%d %d %s\n", nan < one, one < nan, flags());
  say("%d %s\n", nan == one, flags());
  struct timespec unused = {0};
  nanosleep(&unused, NULL);
  fesetround(FE_UPWARD);
  pid_t child = fork();
  if (child == 0) {
    say("child: mode up %d\n", fegetround() == FE_UPWARD);
    _exit(0);
  }
  reap("child", child);
  return 0;
}
