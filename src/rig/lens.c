// The three lens models and their inverses.
//
// Brown-Conrady (Brown 1966, in OpenCV's parametrisation) acts on x/z, y/z:
//   radial = 1 + k1 r^2 + k2 r^4 + k3 r^6
//   x' = x radial + 2 p1 x y + p2 (r^2 + 2 x^2),  y' = y radial + p1 (r^2 + 2 y^2) + 2 p2 x y
// Kannala-Brandt (2006, eq. 6 with odd terms) acts on the angle from the axis:
//   theta' = theta (1 + k1 theta^2 + k2 theta^4 + k3 theta^6 + k4 theta^8)
//
// A polynomial fitted inside the picture may turn back outside of it: far points would then land in the
// picture a second time. A model therefore answers only as far out as its radial curve rises all the way from
// the axis.
#include "lens.h"

#include <string.h>

#define MAX_TERMS 4
#define NEAREST 1e-9 // metres: nearer points have no direction that rounding leaves alone

// r (1 + c1 r^2 + c2 r^4 + ...)
typedef struct radial_curve {
    int terms;
    double c[MAX_TERMS];
    double limit; // the model is defined below this
} radial_curve;

static radial_curve curve_of(const sp_camera *camera)
{
    const double *k = camera->distortion;
    radial_curve curve = {.terms = 0, .limit = 1e4};
    if (camera->lens == SP_LENS_BROWN) {
        curve = (radial_curve){.terms = 3, .c = {k[0], k[1], k[4]}, .limit = 1e4};
    } else if (camera->lens == SP_LENS_FISHEYE) {
        curve = (radial_curve){.terms = 4, .c = {k[0], k[1], k[2], k[3]}, .limit = M_PI};
    }
    return curve;
}

// The factor 1 + c1 s + c2 s^2 + ... with s = r^2.
static double curve_factor(const radial_curve *curve, double s)
{
    double sum = 0;
    for (int i = curve->terms - 1; i >= 0; i--)
        sum = (sum + curve->c[i]) * s;
    return 1 + sum;
}

// d(r factor)/dr = 1 + 3 c1 s + 5 c2 s^2 + ...
static double curve_slope(const radial_curve *curve, double s)
{
    double sum = 0;
    for (int i = curve->terms - 1; i >= 0; i--)
        sum = (sum + (2 * i + 3) * curve->c[i]) * s;
    return 1 + sum;
}

// Whether a polynomial given by Bernstein coefficients is positive on its whole interval: it lies in their
// convex hull, so all positive suffices, and an end that is not positive refutes; otherwise both halves are
// asked.
static bool bernstein_positive(const double *b, int degree, int depth)
{
    bool all = true;
    for (int i = 0; i <= degree; i++)
        all = all && b[i] > 0;
    if (all)
        return true;
    if (!(b[0] > 0) || !(b[degree] > 0) || depth == 0)
        return false;
    double left[MAX_TERMS + 1], right[MAX_TERMS + 1];
    memcpy(right, b, sizeof(double) * (size_t)(degree + 1));
    for (int i = 0; i <= degree; i++) { // de Casteljau at 1/2
        left[i] = right[0];
        for (int j = 0; j < degree - i; j++)
            right[j] = 0.5 * (right[j] + right[j + 1]);
    }
    // What de Casteljau leaves in place is the right half's coefficients in order.
    return bernstein_positive(left, degree, depth - 1) && bernstein_positive(right, degree, depth - 1);
}

// Whether the curve rises all the way from 0 to r.
static bool curve_rises(const radial_curve *curve, double r)
{
    static const double binomial[MAX_TERMS + 1][MAX_TERMS + 1] = {
        {1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}};
    if (!(r < curve->limit))
        return false;
    int n = curve->terms;
    double s = r * r, scaled[MAX_TERMS + 1] = {1}, power = 1;
    for (int i = 1; i <= n; i++) {
        power *= s;
        scaled[i] = (2 * i + 1) * curve->c[i - 1] * power / binomial[n][i];
    }
    double b[MAX_TERMS + 1];
    for (int j = 0; j <= n; j++) {
        b[j] = 0;
        for (int i = 0; i <= j; i++)
            b[j] += binomial[j][i] * scaled[i];
    }
    return bernstein_positive(b, n, 24);
}

double sp_lens_limit(const sp_camera *camera)
{
    if (camera->lens == SP_LENS_PINHOLE)
        return INFINITY;
    radial_curve curve = curve_of(camera);
    double low = 0, high = curve.limit;
    if (curve_rises(&curve, nextafter(high, 0)))
        return high;
    while (low < (low + high) / 2 && (low + high) / 2 < high) {
        double middle = (low + high) / 2;
        if (curve_rises(&curve, middle))
            low = middle;
        else
            high = middle;
    }
    return high;
}

// The r below the fold whose image is target.
static bool curve_inverse(double *out, const radial_curve *curve, double target)
{
    if (target == 0) {
        *out = 0;
        return true;
    }
    // Bracket: grow outwards; when that overshoots the fold, close in on it from below.
    double low = 0, high = fmin(target, 0.999 * curve->limit), beyond = 0;
    bool bracketed = false;
    for (int i = 0; i < 100 && !bracketed; i++) {
        if (!curve_rises(curve, high))
            beyond = high;
        else if (high * curve_factor(curve, high * high) >= target)
            bracketed = true;
        else
            low = high;
        if (!bracketed)
            high = beyond > 0 ? 0.5 * (low + beyond) : fmin(2 * high, 0.5 * (high + curve->limit));
        if (high <= low * (1 + 1e-15))
            return false;
    }
    if (!bracketed)
        return false;
    // Newton, kept inside the bracket by bisection.
    double r = fmin(fmax(target, low), high);
    for (int i = 0; i < 80; i++) {
        double error = r * curve_factor(curve, r * r) - target;
        if (error > 0)
            high = r;
        else
            low = r;
        double next = r - error / curve_slope(curve, r * r);
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        bool is_done = fabs(next - r) <= 1e-15 * r;
        r = next;
        if (is_done)
            break;
    }
    *out = r;
    return true;
}

// Brown-Conrady on the normalised plane with its 2x2 derivative.
static void brown(double out[2], double jacobian[4], const double k[5], double x, double y)
{
    double k1 = k[0], k2 = k[1], p1 = k[2], p2 = k[3], k3 = k[4];
    double r2 = x * x + y * y;
    double radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3));
    double slope = 2 * (k1 + r2 * (2 * k2 + r2 * 3 * k3)); // d(radial)/dx = slope x
    out[0] = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x);
    out[1] = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y;
    jacobian[0] = radial + x * x * slope + 2 * p1 * y + 6 * p2 * x;
    jacobian[1] = jacobian[2] = x * y * slope + 2 * p1 * x + 2 * p2 * y;
    jacobian[3] = radial + y * y * slope + 6 * p1 * y + 2 * p2 * x;
}

// False outside the part of the plane where the model can be inverted.
static bool brown_inside(double out[2], double jacobian[4], const sp_camera *camera, double x, double y)
{
    radial_curve curve = curve_of(camera);
    if (!curve_rises(&curve, hypot(x, y)))
        return false;
    brown(out, jacobian, camera->distortion, x, y);
    return jacobian[0] * jacobian[3] - jacobian[1] * jacobian[2] > 0;
}

static bool brown_inverse(double *out_x, double *out_y, const sp_camera *camera, double xd, double yd)
{
    radial_curve curve = curve_of(camera);
    double rd = hypot(xd, yd), r;
    if (!curve_inverse(&r, &curve, rd))
        return false;
    double x = rd > 0 ? xd * r / rd : 0, y = rd > 0 ? yd * r / rd : 0;
    double value[2], j[4];
    if (!brown_inside(value, j, camera, x, y))
        return false;
    double error = hypot(xd - value[0], yd - value[1]);
    // Newton in the plane for the tangential part; steps that leave the domain or do not help are halved.
    for (int i = 0; i < 40 && error > 1e-15 * (1 + rd); i++) {
        double det = j[0] * j[3] - j[1] * j[2], ex = xd - value[0], ey = yd - value[1];
        double dx = (j[3] * ex - j[1] * ey) / det, dy = (j[0] * ey - j[2] * ex) / det;
        bool is_better = false;
        for (int halving = 0; halving < 30 && !is_better; halving++, dx *= 0.5, dy *= 0.5) {
            double next_value[2], next_j[4];
            if (!brown_inside(next_value, next_j, camera, x + dx, y + dy))
                continue;
            double next_error = hypot(xd - next_value[0], yd - next_value[1]);
            if (next_error >= error)
                continue;
            is_better = true;
            x += dx, y += dy, error = next_error;
            memcpy(value, next_value, sizeof value);
            memcpy(j, next_j, sizeof j);
            break;
        }
        if (!is_better)
            break;
    }
    if (!(error < 1e-12 * (1 + rd)))
        return false;
    *out_x = x;
    *out_y = y;
    return true;
}

static bool project_plane(double out[2], double jacobian[6], const sp_camera *camera, sp_vec3 p)
{
    if (!(p.z > NEAREST))
        return false;
    double x = p.x / p.z, y = p.y / p.z, value[2] = {x, y}, j[4] = {1, 0, 0, 1};
    if (camera->lens == SP_LENS_BROWN && !brown_inside(value, j, camera, x, y))
        return false;
    if (!isfinite(value[0]) || !isfinite(value[1]))
        return false;
    out[0] = value[0];
    out[1] = value[1];
    if (jacobian) {
        for (int row = 0; row < 2; row++) {
            double a = j[2 * row], b = j[2 * row + 1];
            jacobian[3 * row] = a / p.z;
            jacobian[3 * row + 1] = b / p.z;
            jacobian[3 * row + 2] = -(a * x + b * y) / p.z;
        }
    }
    return true;
}

static bool project_fisheye(double out[2], double jacobian[6], const sp_camera *camera, sp_vec3 p)
{
    double r = hypot(p.x, p.y), distance2 = r * r + p.z * p.z;
    if (r <= 1e-9 * p.z) // on the axis the model is the pinhole; this also keeps 0 / 0 out
        return project_plane(out, jacobian, &(sp_camera){.lens = SP_LENS_PINHOLE}, p);
    if (!(distance2 > NEAREST * NEAREST) || !(r > 0))
        return false;
    radial_curve curve = curve_of(camera);
    double theta = atan2(r, p.z);
    if (!curve_rises(&curve, theta))
        return false;
    double bent = theta * curve_factor(&curve, theta * theta);
    double s = bent / r;
    if (!isfinite(s * p.x) || !isfinite(s * p.y))
        return false;
    out[0] = s * p.x;
    out[1] = s * p.y;
    if (jacobian) {
        double slope = curve_slope(&curve, theta * theta);
        double ds_dr = (slope * p.z / distance2 - s) / r; // s = bent(theta(r, z)) / r
        double ds_dz = -slope / distance2;
        double ux = p.x / r, uy = p.y / r;
        jacobian[0] = s + p.x * ds_dr * ux;
        jacobian[1] = jacobian[3] = p.x * ds_dr * uy;
        jacobian[2] = p.x * ds_dz;
        jacobian[4] = s + p.y * ds_dr * uy;
        jacobian[5] = p.y * ds_dz;
    }
    return true;
}

bool rig_lens_project(double out[2], double jacobian[6], const sp_camera *camera, sp_vec3 point)
{
    if (camera->lens == SP_LENS_FISHEYE)
        return project_fisheye(out, jacobian, camera, point);
    return project_plane(out, jacobian, camera, point);
}

bool rig_lens_unproject(sp_vec3 *direction, const sp_camera *camera, double xd, double yd)
{
    if (!isfinite(xd) || !isfinite(yd))
        return false;
    if (camera->lens == SP_LENS_BROWN) {
        sp_vec3 d = {.z = 1};
        if (!brown_inverse(&d.x, &d.y, camera, xd, yd))
            return false;
        *direction = d;
    } else if (camera->lens == SP_LENS_FISHEYE) {
        radial_curve curve = curve_of(camera);
        double bent = hypot(xd, yd), theta;
        if (!curve_inverse(&theta, &curve, bent))
            return false;
        double s = bent > 0 ? sin(theta) / bent : 1;
        *direction = sp_v3(s * xd, s * yd, cos(theta));
    } else {
        *direction = sp_v3(xd, yd, 1);
    }
    return true;
}

bool sp_lens_distort(sp_vec2 *out, const sp_camera *camera, sp_vec2 xy)
{
    double value[2];
    if (!rig_lens_project(value, NULL, camera, sp_v3(xy.x, xy.y, 1)))
        return false;
    *out = (sp_vec2){value[0], value[1]};
    return true;
}

bool sp_lens_undistort(sp_vec2 *out, const sp_camera *camera, sp_vec2 xy)
{
    sp_vec3 d;
    if (!rig_lens_unproject(&d, camera, xy.x, xy.y) || !(d.z > 0))
        return false;
    *out = (sp_vec2){d.x / d.z, d.y / d.z};
    return true;
}
