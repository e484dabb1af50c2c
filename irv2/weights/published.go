package weights

import (
	"net/url"
	"slices"
	"strings"
)

// Known is a published weights file. Published is the one list of them: what the page
// offers, what serve fetches and which hosts the page may reach come from it.
type Known struct {
	ID    string `json:"id"`             // for commands and addresses
	Name  string `json:"name"`           // for users
	URL   string `json:"url,omitempty"`  // "": no program can fetch it, a person gets it from Page
	Page  string `json:"page,omitempty"` // where its makers offer it
	File  string `json:"file,omitempty"` // what it is called there
	About string `json:"about"`          // size, terms, what it saw
	Bytes int64  `json:"-"`              // 0: not known
	CDN   string `json:"-"`              // the domain below whose hosts URL may redirect to; "": none
	Top   bool   `json:"-"`              // has ImageNet's classifier
	sum   string // MD5 or SHA-256 in hex; "": its makers name none that is known here
}

// Published lists the published weights of this network.
func Published() []Known {
	const (
		keras = "https://storage.googleapis.com/tensorflow/keras-applications/inception_resnet_v2/inception_resnet_v2_weights_tf_dim_ordering_tf_kernels"
		timm  = "https://huggingface.co/timm/inception_resnet_v2."
		main  = "/resolve/main/model.safetensors"
		cdn   = "hf.co"
	)
	return []Known{
		{ID: "keras-notop", Name: "Keras, ImageNet, without top", URL: keras + "_notop.h5", About: "219 MB", Bytes: 219_055_592, sum: "d19885ff4a710c122648d3b5c3b684e4"},
		{ID: "keras", Name: "Keras, ImageNet, with top", URL: keras + ".h5", About: "225 MB", Top: true, sum: "e693bd0210a403b3192acc6073ad2e96"},
		{ID: "timm", Name: "timm, inception_resnet_v2.tf_in1k", URL: timm + "tf_in1k" + main, Page: timm + "tf_in1k", About: "ImageNet; 224 MB, Apache-2.0", CDN: cdn, Top: true,
			sum: "dbea26b13a5fc8351919fed6a94222c0577ce324b2765fd081a798f837ca9d72"},
		{ID: "timm-adv", Name: "timm, inception_resnet_v2.tf_ens_adv_in1k", URL: timm + "tf_ens_adv_in1k" + main, Page: timm + "tf_ens_adv_in1k",
			About: "ImageNet, trained against adversarial images; 224 MB, Apache-2.0", CDN: cdn, Top: true},
		{ID: "radimagenet", Name: "RadImageNet, without top", Page: "https://drive.google.com/drive/folders/1Es7cK1hv7zNHJoUW0tI0e6nLFVYTqPqK", File: "RadImageNet-IRV2_notop.h5",
			About: "CT, MRI and ultrasound: what fits scans; github.com/BMEII-AI/RadImageNet is under the MIT licence, for terms of the weights ask its makers"},
	}
}

// PublishedByID is the published file of that ID, nil if there is none.
func PublishedByID(id string) *Known {
	list := Published()
	i := slices.IndexFunc(list, func(k Known) bool { return k.ID == id })
	if i < 0 {
		return nil
	}
	return &list[i]
}

// HasSum says whether the file can be held to a sum.
func (k Known) HasSum() bool { return k.sum != "" }

// Is says whether a file with these sums, in hex, is this one.
func (k Known) Is(md5, sha256 string) bool { return k.HasSum() && (k.sum == md5 || k.sum == sha256) }

// Origins lists where published files lie: host and first folder.
func Origins() []string {
	var origins []string
	for _, k := range Published() {
		u, err := url.Parse(k.URL)
		if err != nil || k.URL == "" {
			continue
		}
		folder, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
		if origin := u.Scheme + "://" + u.Host + "/" + folder + "/"; !slices.Contains(origins, origin) {
			origins = append(origins, origin)
		}
	}
	return origins
}
