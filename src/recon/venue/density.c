#include "density.h"

#include <math.h>

#define NEAR_RAD 0.35 // views that look from directions nearer to each other than this see the same sides
#define APART_RAD 0.9 // mean angle to the nearest other view
#define NEAR_FEW 4.0  // so many views near to each, on average, or less, are few; ...
#define NEAR_MANY 6.5 // ... so many or more are dense

double recon_density(const sp_view *views, int count, sp_vec3 focus)
{
    double near = 0;
    for (int i = 0; i < count; i++) {
        sp_vec3 from = sp_v3_unit(sp_v3_sub(sp_camera_center(&views[i].camera), focus));
        for (int j = 0; j < count; j++) {
            sp_vec3 other = sp_v3_unit(sp_v3_sub(sp_camera_center(&views[j].camera), focus));
            near += j != i && sp_v3_dot(from, other) > cos(NEAR_RAD);
        }
    }
    double mean = count ? near / count : 0;
    return fmin(fmax((mean - NEAR_FEW) / (NEAR_MANY - NEAR_FEW), 0), 1);
}

bool recon_are_apart(const sp_view *views, int count, sp_vec3 focus)
{
    if (count < 2)
        return false;
    double sum = 0;
    for (int i = 0; i < count; i++) {
        sp_vec3 from = sp_v3_unit(sp_v3_sub(sp_camera_center(&views[i].camera), focus));
        double nearest = -1; // cosine
        for (int j = 0; j < count; j++) {
            sp_vec3 other = sp_v3_unit(sp_v3_sub(sp_camera_center(&views[j].camera), focus));
            if (j != i)
                nearest = fmax(nearest, sp_v3_dot(from, other));
        }
        sum += acos(fmin(nearest, 1));
    }
    return sum > APART_RAD * count;
}

double recon_blend(double few, double dense, double density)
{
    return few * pow(dense / few, density);
}
