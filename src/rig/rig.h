// What the files of rig share; internal.
#ifndef RIG_RIG_H
#define RIG_RIG_H

#include <stillpoint/rig.h>

// A rig of count cameras at the origin, residual unknown, world ours. The caller owns *out.
int rig_init(sp_rig *out, int count);

// rig.json from memory; what names it in errors.
int rig_parse(sp_rig *out, const char *text, size_t size, const char *what);
const char *rig_lens_name(sp_lens lens);

bool rig_id_char_is_safe(char c);

// Put a rotation of few digits right; SP_EINVAL when it is not one.
int rig_clean_rotation(sp_mat3 *rotation, const char *id, const char *what);

// "x", "-z" ...
bool rig_up_is_valid(const char *up);
// Turn a foreign world, whose axis `up` points up and whose unit is `scale` metres, into ours. up is valid.
void rig_turn_world(sp_rig *rig, double scale, const char *up);
sp_vec3 rig_turn_point(sp_vec3 theirs, double scale, const char *up);

#endif
