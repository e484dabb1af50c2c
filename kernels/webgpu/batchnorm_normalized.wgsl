// What batch norm gives before its ReLU: the backward pass masks by this very expression.
fn normalized(x: V, mean: V, invStd: V, beta: V) -> V { return (x - mean) * invStd + beta; }
