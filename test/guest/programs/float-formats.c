// oracle: qemu, riscv64 only
/* printf and strtod: the shortest and longest forms, infinities, denormals, long double, hexadecimal. */
#include "guest.h"
#include <float.h>
#include <math.h>

int main(void) {
  volatile double zero = 0;
  double values[] = {0.1, 1.0 / 3, 1e300 * 10, 5e-324, 123456789.125, -0.0, 2.5, 3.5, 1e21, 9007199254740993.0, 0.30000000000000004};
  for (unsigned i = 0; i < sizeof values / sizeof *values; i++) {
    say("%g %.17g %e %.3f %a\n", values[i], values[i], values[i], values[i] < 1e15 ? values[i] : 0, values[i]);
  }
  say("%f %F %g %G\n", 1 / zero, -1 / zero, fabs(zero / zero), fabs(zero / zero));
  say("%.0f %.0f %.0f %.1f\n", 0.5, 1.5, 2.5, 0.25);
  say("%10.4f|%-10.2e|%+g|% g|%010.3f\n", M_PI, M_E, 1.0, 1.0, -M_PI);
  say("%.20Lf %La\n", 1.0L / 3, 1.0L);
  say("%g %g %g\n", strtod("0x1.8p3", NULL), strtod("1e-400", NULL), strtod("  -12.5e1x", NULL));
  say("%.9g %.9g\n", (double)strtof("3.4028236e38", NULL), (double)strtof("1.17549429e-38", NULL));
  say("%g %g\n", FLT_EPSILON, DBL_EPSILON);
  long double quad = 1;
  for (int i = 1; i < 30; i++) quad = quad * i + 1.0L / i;
  say("%.10Le\n", quad);
  float single = 16777216.0f;
  say("%d %d\n", single + 1 == single, (double)single + 1 == single);
  say("%.17g %.17g %.17g\n", sqrt(2), sin(1), exp(1));
  say("%.17g %.17g %.17g\n", pow(2, 0.5), log(10), atan2(1, -1));
  say("%.17g %.17g %ld %ld\n", fmod(10.5, 3), fma(1e16, 1 + DBL_EPSILON, -1e16), lrint(2.5), lround(2.5));
  return 0;
}
