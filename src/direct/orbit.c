#include <stillpoint/direct.h>

#include <stdlib.h>

enum { LEGS_MAX = 3 };

// One camera of the rig as the path sees it: cylindrical about the athlete's centre.
typedef struct station {
    double azimuth, radius, z;
    double focal; // of the inscribed view of the clip's size, pixels
} station;

// Between two rests of the viewpoint.
typedef struct leg {
    double from, to; // azimuth, radians
    double begin_s, duration_s;
} leg;

struct sp_orbit {
    sp_orbit_params params;
    sp_vec3 target;
    sp_camera first;   // the view at both ends
    station home;      // where it stands
    station ring_home; // the ring at the same azimuth
    sp_quat aside; // from looking at the athlete's centre to the first camera's own direction, in camera axes
    double focal_per_m; // focal length that fills the picture, per metre of distance
    double kappa;       // concentration of the kernel
    double coverage;
    station *stations;
    int count;
    leg legs[LEGS_MAX];
    int leg_count;
};

sp_orbit_params sp_orbit_params_default(void)
{
    return (sp_orbit_params){.duration_s = 6, .ease = 0.25, .gap_max_rad = 2.1, .fill = 0.55, .zoom_max = 2};
}

// ---- Scalar shapes

// Quintic step: 0 to 1 with first and second derivative zero at both ends.
static double step5(double x)
{
    x = fmin(fmax(x, 0), 1);
    return x * x * x * (10 + x * (6 * x - 15));
}

// Distance travelled, 0 to 1, when the speed ramps up over `ease` of the time as 3x^2 - 2x^3 (whose integral
// is x^3 - x^4 / 2), stays, and ramps down the same way.
static double eased(double u, double ease)
{
    u = fmin(fmax(u, 0), 1);
    if (u > 0.5)
        return 1 - eased(1 - u, ease);
    if (u < ease) {
        double x = u / ease;
        return ease * x * x * x * (1 - x / 2) / (1 - ease);
    }
    return (u - ease / 2) / (1 - ease);
}

// Smooth minimum and maximum (power means): never above, never below both.
static double soft_min(double a, double b)
{
    return pow(pow(a, -8) + pow(b, -8), -1.0 / 8);
}

static double soft_max(double a, double b)
{
    return pow(pow(a, 8) + pow(b, 8), 1.0 / 8);
}

static double wrap_2pi(double angle)
{
    angle = fmod(angle, 2 * M_PI);
    return angle < 0 ? angle + 2 * M_PI : angle;
}

// ---- The ring: cameras interpolated over azimuth

static station ring_at(const sp_orbit *orbit, double azimuth)
{
    station sum = {.azimuth = azimuth};
    double top = -INFINITY, total = 0;
    for (int i = 0; i < orbit->count; i++)
        top = fmax(top, cos(azimuth - orbit->stations[i].azimuth));
    for (int i = 0; i < orbit->count; i++) {
        const station *s = &orbit->stations[i];
        double weight = exp(orbit->kappa * (cos(azimuth - s->azimuth) - top));
        sum.radius += weight * s->radius;
        sum.z += weight * s->z;
        sum.focal += weight * s->focal;
        total += weight;
    }
    sum.radius /= total;
    sum.z /= total;
    sum.focal /= total;
    return sum;
}

static int station_of(station *out, const sp_camera *camera, sp_vec3 target, const sp_orbit_params *params)
{
    sp_camera view;
    int code = sp_camera_inscribed(&view, camera, params->width, params->height);
    if (code < 0)
        return code;
    sp_vec3 eye = sp_v3_sub(sp_camera_center(camera), target);
    *out = (station){atan2(eye.y, eye.x), hypot(eye.x, eye.y), eye.z + target.z, view.fx};
    return SP_OK;
}

static int by_azimuth(const void *a, const void *b)
{
    double x = ((const station *)a)->azimuth, y = ((const station *)b)->azimuth;
    return (x > y) - (x < y);
}

// Fill the stations, in order of azimuth. A camera nearly overhead has no azimuth to speak of and stays out,
// unless it is the one to begin at.
static int gather_stations(sp_orbit *orbit, const sp_camera *cameras, int count, int start)
{
    orbit->stations = sp_calloc((size_t)count, sizeof *orbit->stations);
    if (!orbit->stations)
        return SP_ENOMEM;
    for (int i = 0; i < count; i++) {
        station s;
        int code = station_of(&s, &cameras[i], orbit->target, &orbit->params);
        if (code < 0)
            return code;
        if (i == start)
            orbit->home = s;
        bool is_overhead = fabs(s.z - orbit->target.z) > 3.7 * s.radius; // 75 degrees
        if (i == start || !is_overhead)
            orbit->stations[orbit->count++] = s;
    }
    qsort(orbit->stations, (size_t)orbit->count, sizeof *orbit->stations, by_azimuth);
    return SP_OK;
}

// How far the covered arc reaches from the first camera in one direction (sign +1 or -1) before a gap that is
// too wide; 2 pi when none is.
static double reach(const sp_orbit *orbit, int sign)
{
    double at = 0;
    for (;;) {
        double next = 2 * M_PI;
        for (int i = 0; i < orbit->count; i++) {
            double away = wrap_2pi(sign * (orbit->stations[i].azimuth - orbit->home.azimuth));
            if (away > at + 1e-9 && away < next)
                next = away;
        }
        if (next - at > orbit->params.gap_max_rad)
            return at;
        if (next >= 2 * M_PI - 1e-9)
            return 2 * M_PI;
        at = next;
    }
}

static void plan_legs(sp_orbit *orbit)
{
    double home = orbit->home.azimuth, stops[LEGS_MAX + 1] = {home};
    int sign = orbit->params.is_clockwise ? -1 : 1, count = 1;
    double ahead = reach(orbit, sign), behind = reach(orbit, -sign);
    if (ahead >= 2 * M_PI) {
        orbit->coverage = 2 * M_PI;
        stops[count++] = home + sign * 2 * M_PI;
    } else {
        orbit->coverage = ahead + behind;
        // An end that is next to the first camera is not worth a turn of its own.
        double worth = 0.05 * orbit->coverage;
        if (ahead > worth)
            stops[count++] = home + sign * ahead;
        if (behind > worth)
            stops[count++] = home - sign * behind;
        if (count > 1)
            stops[count++] = home;
    }
    double total = 0, begin = 0;
    for (int i = 0; i + 1 < count; i++)
        total += fabs(stops[i + 1] - stops[i]);
    for (int i = 0; i + 1 < count; i++) {
        double duration = orbit->params.duration_s * fabs(stops[i + 1] - stops[i]) / total;
        orbit->legs[orbit->leg_count++] = (leg){stops[i], stops[i + 1], begin, duration};
        begin += duration;
    }
}

static double azimuth_at(const sp_orbit *orbit, double t_s)
{
    double azimuth = orbit->home.azimuth;
    for (int i = 0; i < orbit->leg_count; i++) {
        const leg *l = &orbit->legs[i];
        if (t_s >= l->begin_s)
            azimuth =
                l->from + (l->to - l->from) * eased((t_s - l->begin_s) / l->duration_s, orbit->params.ease);
    }
    return azimuth;
}

static sp_mat3 look_from(const sp_orbit *orbit, sp_vec3 eye)
{
    return sp_look_at(eye, orbit->target, sp_v3(0, 0, 1));
}

// ---- Public

static int check(int count, int start, const sp_box *athlete, const sp_orbit_params *p)
{
    if (count < 1 || start < 0 || start >= count)
        return sp_error(SP_EINVAL, "an orbit needs a camera to begin at");
    if (p->width < 2 || p->height < 2)
        return sp_error(SP_EINVAL, "an orbit needs the clip's size (got %dx%d)", p->width, p->height);
    if (!(p->duration_s > 0) || !(p->ease >= 0.05 && p->ease <= 0.5) || !(p->fill >= 0.1 && p->fill <= 1) ||
        !(p->zoom_max > 0) || !(p->gap_max_rad > 0))
        return sp_error(SP_EINVAL,
                        "an orbit's duration, ease (0.05..0.5), fill (0.1..1), zoom or gap is out of range");
    sp_vec3 size = sp_v3_sub(athlete->max, athlete->min);
    if (!(size.x >= 0 && size.y >= 0 && size.z >= 0) || !isfinite(sp_v3_norm(size)))
        return sp_error(SP_EINVAL, "the athlete's bounds are not a box");
    return SP_OK;
}

int sp_orbit_open(sp_orbit **out, const sp_camera *cameras, int count, int start, const sp_box *athlete,
                  const sp_orbit_params *params)
{
    int code = check(count, start, athlete, params);
    if (code < 0)
        return code;
    sp_orbit *orbit = sp_calloc(1, sizeof *orbit);
    if (!orbit)
        return SP_ENOMEM;
    orbit->params = *params;
    orbit->target = sp_box_center(athlete);
    code = gather_stations(orbit, cameras, count, start);
    if (code == SP_OK)
        code = sp_camera_inscribed(&orbit->first, &cameras[start], params->width, params->height);
    if (code < 0) {
        sp_orbit_close(&orbit);
        return code;
    }
    plan_legs(orbit);
    double spacing = orbit->coverage / fmax(1, orbit->coverage < 2 * M_PI ? orbit->count - 1 : orbit->count);
    spacing = fmax(spacing, 0.05);
    orbit->kappa = 1 / (spacing * spacing);
    orbit->ring_home = ring_at(orbit, orbit->home.azimuth);
    sp_mat3 look = look_from(orbit, sp_camera_center(&orbit->first));
    orbit->aside = sp_quat_from_m3(sp_m3_mul(orbit->first.rotation, sp_m3_transpose(look)));
    sp_vec3 size = sp_v3_sub(athlete->max, athlete->min);
    orbit->focal_per_m = params->fill * fmin(params->height / fmax(size.z, 0.1),
                                             params->width / fmax(hypot(size.x, size.y), 0.1));
    *out = orbit;
    return SP_OK;
}

double sp_orbit_duration(const sp_orbit *orbit)
{
    return orbit->params.duration_s;
}

double sp_orbit_coverage(const sp_orbit *orbit)
{
    return orbit->coverage;
}

void sp_orbit_at(sp_camera *out, const sp_orbit *orbit, double t_s)
{
    double duration = orbit->params.duration_s, ramp = orbit->params.ease * duration;
    t_s = fmin(fmax(t_s, 0), duration);
    double azimuth = azimuth_at(orbit, t_s);
    station ring = ring_at(orbit, azimuth);
    // 0 at both ends, where the real camera decides; 1 in between, where the ring does.
    double weight = step5(fmin(t_s, duration - t_s) / ramp);
    double radius = ring.radius + (orbit->home.radius - orbit->ring_home.radius) * (1 - weight);
    double z = ring.z + (orbit->home.z - orbit->ring_home.z) * (1 - weight);
    sp_vec3 eye = sp_v3(orbit->target.x + radius * cos(azimuth), orbit->target.y + radius * sin(azimuth), z);

    double framed = orbit->focal_per_m * sp_v3_norm(sp_v3_sub(eye, orbit->target));
    framed = soft_max(soft_min(framed, orbit->params.zoom_max * ring.focal), 0.5 * ring.focal);

    *out = orbit->first;
    out->fx = out->fy = exp((1 - weight) * log(orbit->first.fx) + weight * log(framed));
    // The offset fades, not the direction: else the athlete would leave the picture while the viewpoint sets
    // off.
    sp_quat aside = sp_quat_slerp(orbit->aside, (sp_quat){1, 0, 0, 0}, weight);
    out->rotation = sp_m3_mul(sp_quat_to_m3(aside), look_from(orbit, eye));
    out->translation = sp_v3_scale(sp_m3_apply(out->rotation, eye), -1);
}

void sp_orbit_close(sp_orbit **orbit)
{
    if (!orbit || !*orbit)
        return;
    free((*orbit)->stations);
    free(*orbit);
    *orbit = NULL;
}
