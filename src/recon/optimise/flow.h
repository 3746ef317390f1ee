// How the parts of an athlete move against him as a whole: velocities on a coarse grid around him, solved
// together with his splats where the views see him at different times. A splat moves as the grid says at its
// place, so that neighbours move alike.
#ifndef RECON_FLOW_H
#define RECON_FLOW_H

#include <stillpoint/recon.h>

// Nodes from origin on, cell_m apart; planes of size[0] * size[1] * size[2] floats for x, y, z each.
typedef struct recon_flow {
    double origin[3], cell_m;
    int size[3];
    float *velocity;         // metres a second
    float *gradient, *first; // d(loss)/d(velocity) since the last step, and its running mean
    float *share, *scratch;  // one plane: splats around a node, lately; of the node's smoothing
    double second;           // running mean square of the gradient over all nodes
    int age;
} recon_flow;

// All at rest, around the box.
int recon_flow_init(recon_flow *out, const double low[3], const double high[3], double cell_m);
void recon_flow_free(recon_flow *flow);

// The velocity at a point, and the largest anywhere.
void recon_flow_at(double velocity[3], const recon_flow *flow, const double world[3]);
double recon_flow_fastest(const recon_flow *flow);

// Set the cloud's velocities (which it must have) to what the grid says, linear between nodes.
void recon_flow_sample(sp_splat_cloud *cloud, const recon_flow *flow, sp_pool *pool);

// Begin with the velocities of a neighbouring instant's splats, less drift: each node takes the mean of those
// that are around it dt_s later, if they go on as they do. The cloud has velocities.
void recon_flow_follow(recon_flow *flow, const sp_splat_cloud *cloud, const double drift[3], double dt_s);

// Add what one view wants: gradient holds d(loss)/d(position) of its picture alone, drawn dt_s from the
// instant.
void recon_flow_gather(recon_flow *flow, const sp_splat_cloud *cloud, const sp_splat_cloud *gradient,
                       double dt_s);

// Step all nodes by Adam with one second moment for all, so that nodes of which little is known move little,
// and let neighbours share: velocities are smoothed by smoothing, 0..1. The gradient is 0 afterwards.
void recon_flow_step(recon_flow *flow, double rate, double smoothing);

// Nodes that never had a splat take the mean of their neighbours, round after round: around the body it moves
// as its skin does.
void recon_flow_spread(recon_flow *flow);

#endif
