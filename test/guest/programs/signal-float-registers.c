// oracle: qemu, riscv64 only
/* A handler may use floating point: the interrupted registers, the rounding mode and the flags come back. */
#include "guest.h"
#include <fenv.h>
#include <math.h>

static volatile double sink;

static void handler(int signal) {
  (void)signal;
  double values[40];
  for (int i = 0; i < 40; i++) values[i] = i * 1.25 + sink;
  for (int i = 1; i < 40; i++) values[i] += values[i - 1] / 3;
  sink = values[39];
  fesetround(FE_UPWARD);
  feclearexcept(FE_ALL_EXCEPT);
  feraiseexcept(FE_OVERFLOW);
}

int main(void) {
  on_signal(SIGALRM, handler, 0);
  fesetround(FE_DOWNWARD);
  feclearexcept(FE_ALL_EXCEPT);
  feraiseexcept(FE_INVALID);
  double a = 1.0, b = 2.0, c = 3.0, d = 4.0, e = 5.0, f = 6.0, g = 7.0, h = 8.0;
  for (int i = 0; i < 5; i++) {
    raise(SIGALRM);
    a = a * 1.5 + b / 3;
    b += c * 0.25;
    c -= d / 7;
    d += e - f;
    e *= 1.125;
    f += g / h;
    g = g + a * 0.001;
    h -= 0.5;
  }
  say("%a %a %a %a\n%a %a %a %a\n", a, b, c, d, e, f, g, h);
  say("rounding %d, invalid %d overflow %d\n", fegetround() == FE_DOWNWARD, fetestexcept(FE_INVALID) != 0, fetestexcept(FE_OVERFLOW) != 0);
  return 0;
}
